"""PURE. Moments as people type them: a time, or how long ago."""

import re
from datetime import datetime

from service.events.times import fixed_width

EXAMPLES = "a time such as 2026-11-20T14:00:00Z, or how long ago: 30m, 2h, 7d"

_AGO = re.compile(r"([0-9]{1,9})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def moment(text: str, now_ms: int) -> int | None:
    """Return the milliseconds since 1970 of a moment, seen from `now_ms`; None for what is none. Never negative."""
    ago = _AGO.fullmatch(text.strip().lower())
    if ago:
        return max(0, now_ms - int(ago[1]) * _SECONDS[ago[2]] * 1000)
    time = fixed_width(text.strip())
    return None if time is None else max(0, int(datetime.fromisoformat(time).timestamp() * 1000))


def told(at: str | None) -> str:
    """Return an ISO 8601 time in UTC as people read it: a blank for the T, without the Z; a dash for None."""
    return "-" if at is None else at.replace("T", " ").removesuffix("Z")
