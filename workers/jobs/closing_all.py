"""PURE. The pace of closing many: at its rate, and behind what is due anyhow. No worker is kept waiting by it."""

import msgspec

MOST_WAITING = 20
"""Jobs that are due and wait for a worker, beyond which nothing is added: conversations that fall quiet go first."""
LATER = 1.0
"""Seconds until the next look then."""
BEAT = 1.0
"""Seconds between two parts at least; each is a job of its own for RQ, and costs some 10 ms."""


class Ask(msgspec.Struct, frozen=True):
    """Ask for so many closes now; the next part may begin after so many seconds."""

    count: int
    after: float


def part(rate: float, waiting: int) -> Ask:
    """Return what to do in this part: `rate` closes a second, while `waiting` other jobs are due."""
    if waiting > MOST_WAITING:
        return Ask(0, LATER)
    count = max(1, int(rate * BEAT))
    return Ask(count, count / rate)
