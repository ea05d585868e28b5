"""PURE. How long to wait before a program that died is started again."""

FIRST = 0.1
"""Seconds before the first restart."""
LONGEST = 5.0
"""Seconds that a wait grows to."""
STEADY = 10.0
"""Seconds of life after which a program counts as healthy, and its next death as a first one."""


def pause_after(previous: float | None, lived: float) -> float:
    """Return the seconds to wait: 0.1, doubling to 5. `previous` is the last wait (None: none), `lived` in seconds."""
    if previous is None or lived >= STEADY:
        return FIRST
    return min(previous * 2, LONGEST)
