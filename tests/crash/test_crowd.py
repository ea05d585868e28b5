"""Endpoints of which nobody knows yet that they hang: they do not hold up one that is well."""

import time

from tests.eventually import eventually
from tests.relay_case import RelayCase
from tests.twilio_callbacks import communication, conversation

HANGING = 40
SOON = 1.0
"""Seconds in which an endpoint that is well is served."""


def wait(case: RelayCase, number: int) -> float:
    """Return the seconds until an event has arrived at the endpoint that is well."""
    began = time.monotonic()
    case.append(conversation("ACTIVE", f"2026-11-20T14:00:{number:02}Z", conversation_id=f"conv_{number}"))
    case.subscriber.expect(number + 1, "/well", 2 * SOON)
    return time.monotonic() - began


def test_a_crowd_that_hangs_from_the_first_moment(case: RelayCase) -> None:
    """Each of it is tried with one delivery before it is trusted with more, so the others have their slots."""
    paths = [f"/{number}" for number in range(HANGING)]
    for path in paths:
        case.add(f"ep_{path[1:]}", path, ["communication.*"])
    case.add("ep_well", "/well", ["conversation.*"])
    case.subscriber.waiting.update(paths)
    with case.relay():
        case.append(*(communication(n) for n in range(60)))
        eventually(lambda: sum(case.subscriber.under_way.values()) >= HANGING)
        waits = [wait(case, number) for number in range(20)]
        case.subscriber.waiting.clear()

    assert SOON > max(waits)
