"""Endpoints that hang beside healthy ones: they keep to their share of a relay's slots, and to their own."""

import time
from collections.abc import Iterator

import pytest

from tests.eventually import eventually
from tests.relay_case import RelayCase
from tests.twilio_callbacks import communication, conversation

SLOTS, OF_THE_FAILING = 8, 192
HANGING = 40
SOON = 1.0
"""Seconds in which a healthy endpoint is served, on a machine that has other things to do."""


def hanging(case: RelayCase) -> int:
    """Return how many deliveries have no answer."""
    return sum(case.subscriber.under_way.values())


def message(number: int) -> bytes:
    """Return an event that only the healthy endpoint gets."""
    return conversation("ACTIVE", f"2026-11-20T14:00:{number:02}Z", conversation_id=f"conv_{number}")


@pytest.fixture
def crowded(case: RelayCase) -> Iterator[RelayCase]:
    """Run a relay with a healthy endpoint, and forty that failed and now say nothing, each with plenty of events."""
    paths = [f"/{number}" for number in range(HANGING)]
    for path in paths:
        case.add(f"ep_{path[1:]}", path, ["communication.*"])
        case.subscriber.always[path] = 500
    case.add("ep_healthy", "/healthy", ["conversation.*"])
    with case.relay():
        case.append(communication(0))
        eventually(lambda: case.retries() == HANGING)
        case.subscriber.waiting.update(paths)
        case.append(*(communication(n) for n in range(1, 20)))
        eventually(lambda: hanging(case) == OF_THE_FAILING)
        yield case
        case.subscriber.waiting.clear()


def test_a_crowd_that_hangs_leaves_room_for_the_healthy(crowded: RelayCase) -> None:
    """Each of its events arrives soon, while those that hang have their share and no more."""
    waits = []
    for number in range(30):
        began = time.monotonic()
        crowded.append(message(number))
        crowded.subscriber.expect(number + 1, "/healthy")
        waits.append(time.monotonic() - began)

    assert OF_THE_FAILING == hanging(crowded)
    assert SLOTS >= max(crowded.subscriber.crowd.values())
    assert SOON > max(waits)


def test_a_healthy_endpoint_has_all_its_slots_beside_them(crowded: RelayCase) -> None:
    """Not only one at a time, once it has answered."""
    crowded.append(message(20))
    crowded.subscriber.expect(1, "/healthy")
    crowded.subscriber.waiting.add("/healthy")
    crowded.append(*map(message, range(20)))
    eventually(lambda: crowded.subscriber.under_way["/healthy"] == SLOTS)

    assert OF_THE_FAILING + SLOTS == hanging(crowded)
