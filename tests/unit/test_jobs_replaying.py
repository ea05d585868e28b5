"""The pace of a replay: a function of what a slice sees."""

import msgspec
import pytest

from workers.jobs.replaying import FAIR_SHARE, LONGEST_PAUSE, SLICE, UNREAD, Leave, Put, View, Wait, pace, tick

VIEW = View(seconds=1.0, put=0, unread=0)


@pytest.mark.parametrize(
    ("changes", "rate", "expected"),
    [
        ({}, 5, Put(5)),
        ({"put": 3}, 5, Put(2)),
        ({"put": 5}, 5, Wait(tick(5))),
        ({"seconds": 0.0}, 1000, Wait(tick(1000))),
        ({}, 1000, Put(UNREAD)),
        ({"unread": 12}, 1000, Put(4)),
        ({"unread": UNREAD}, 1000, Wait(tick(1000))),
        ({"unread": 500}, 1000, Wait(tick(1000))),
        ({"unread": UNREAD, "paused": 7.0}, 50, Leave(7.0)),
        ({"unread": UNREAD, "paused": 700.0}, 50, Leave(LONGEST_PAUSE)),
        ({"unread": 12, "paused": 7.0}, 50, Put(4)),
        ({"seconds": SLICE}, 50, Leave(0.0)),
        ({"seconds": FAIR_SHARE, "others_due": True}, 50, Leave(0.0)),
        ({"seconds": FAIR_SHARE - 0.1, "others_due": True}, 50, Put(16)),
    ],
)
def test_a_slice_keeps_its_rate_and_its_place(changes: dict[str, object], rate: int, expected: object) -> None:
    """It never puts more than the rate, nor where live events would find a queue, and gives way to other jobs."""
    assert expected == pace(msgspec.structs.replace(VIEW, **changes), rate)


@pytest.mark.parametrize("rate", [1, 7, 50, 160, 1000])
def test_a_slice_reaches_its_rate_and_not_more(rate: int) -> None:
    """With an endpoint that takes everything at once, seen over a whole slice."""
    seconds, put = 0.0, 0
    while not isinstance(step := pace(View(seconds=seconds, put=put, unread=0), rate), Leave):
        put += step.count if isinstance(step, Put) else 0
        seconds += step.seconds if isinstance(step, Wait) else 0.0

    assert rate * SLICE - rate * tick(rate) - 1 <= put <= rate * SLICE
