"""PURE. The pace of a replay: behind live traffic, at its rate, and never long on one worker."""

import msgspec

SLICE = 5.0
"""Seconds of one dispatch; the next goes on where it ended."""
FAIR_SHARE = 0.5
"""Seconds after which a slice gives way to other jobs that are due."""
UNREAD = 16
"""Deliveries that wait in the endpoint's stream, and nobody has taken, beyond which nothing is added: two for each of
a relay's slots there. So live events find a short queue."""
LONGEST_TICK, SHORTEST_TICK = 0.1, 0.01
"""Seconds between looks."""
LONGEST_PAUSE = 30.0
"""Seconds that a replay waits for a paused endpoint before it looks again."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What a slice sees: seconds since it began, events it has put, and those at the endpoint that nobody has taken.

    `paused` is the seconds until the endpoint's next probe (None: it is not paused); `others_due` whether other jobs
    wait for a worker.
    """

    seconds: float
    put: int
    unread: int
    paused: float | None = None
    others_due: bool = False


class Put(msgspec.Struct, frozen=True):
    """Put so many events now."""

    count: int


class Wait(msgspec.Struct, frozen=True):
    """Look again after so many seconds."""

    seconds: float


class Leave(msgspec.Struct, frozen=True):
    """End the slice; the next may begin after so many seconds."""

    after: float


def pace(view: View, rate: int) -> Put | Wait | Leave:
    """Return what a slice does next: `rate` events a second at most, seen over the slice."""
    if view.seconds >= SLICE or (view.others_due and view.seconds >= FAIR_SHARE):
        return Leave(0.0)
    room = UNREAD - view.unread
    if room <= 0 and view.paused is not None:
        return Leave(min(max(view.paused, LONGEST_TICK), LONGEST_PAUSE))
    count = min(room, int(view.seconds * rate) - view.put)
    return Put(count) if count > 0 else Wait(tick(rate))


def tick(rate: int) -> float:
    """Return the seconds between two looks at which half of the room fills."""
    return min(max(UNREAD / 2 / rate, SHORTEST_TICK), LONGEST_TICK)
