"""PURE. Durations as the file writes them ("10m") and as people say them ("10 minutes")."""

import re

_UNITS = {"s": (1, "second"), "m": (60, "minute"), "h": (3600, "hour"), "d": (86400, "day")}
_DURATION = re.compile(r"([0-9]{1,9})\s*([smhd])")
LONGEST = 30 * 86400
"""Seconds in 30 days, the longest that a rule may wait."""


def seconds(text: str) -> int | None:
    """Return the seconds of a duration, None for what is none, or longer than 30 days."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    length = int(found[1]) * _UNITS[found[2]][0]
    return length if length <= LONGEST else None


def spoken(length: int) -> str:
    """Return seconds in the largest unit that says them exactly: "90 seconds", "2 hours"."""
    size, unit = next((size, unit) for size, unit in reversed(_UNITS.values()) if length % size == 0)
    count = length // size
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
