"""PURE. When to try again: a visible list, and functions of numbers."""

from workers.jobs.outcomes import Dead, RetryLater

STEPS = (10.0, 30.0, 120.0, 600.0, 1800.0, 7200.0)
"""Seconds after the first, second, … failed attempt; after the last of them a job is dead."""
FIRST_PAUSE = 0.1
"""Seconds before the first attempt to reach Redis again."""
LONGEST_PAUSE = 5.0
"""Seconds between further ones."""


def jittered(seconds: float, chance: float) -> float:
    """Return 0.8 to 1.2 times the seconds, so that many do not come back together; `chance` lies in [0, 1)."""
    return seconds * (0.8 + 0.4 * chance)


def try_again(failures: int, hint: float | None, chance: float, reason: str) -> RetryLater | Dead:
    """Return when to try again after `failures` earlier failed attempts and this one; dead after the last step.

    `hint` is what the other side asked for (`Retry-After`, seconds): the larger of step and hint counts.
    """
    if failures >= len(STEPS):
        return Dead(f"given up after {failures + 1} attempts: {reason}")
    return RetryLater(max(jittered(STEPS[failures], chance), hint or 0.0), reason)


def reconnect_pause(failures: int, chance: float) -> float:
    """Return the seconds to wait after the `failures`-th (from 0) failure in a row to reach Redis."""
    return jittered(min(FIRST_PAUSE * 2 ** min(failures, 16), LONGEST_PAUSE), chance)
