"""Endpoints of which nobody knows yet that they hang: how long they can hold up one that is well."""

import time

from tests.eventually import eventually
from tests.relay_case import RelayCase
from tests.twilio_callbacks import communication, conversation

HANGING = 40
OF_THE_FAILING = 192
ATTEMPT = 15.0
"""Seconds of one attempt, after which an endpoint is known to fail."""
SOON = 1.0
"""Seconds in which an endpoint that is well is served otherwise."""


def wait(case: RelayCase, number: int) -> float:
    """Return the seconds until an event has arrived at the endpoint that is well."""
    began = time.monotonic()
    case.append(conversation("ACTIVE", f"2026-11-20T14:00:{number:02}Z", conversation_id=f"conv_{number}"))
    case.subscriber.expect(number + 1, "/well", ATTEMPT + SOON)
    return time.monotonic() - began


def test_a_crowd_that_hangs_from_the_first_moment(case: RelayCase) -> None:
    """It may take all slots of a relay, for one attempt; from then on it has three quarters of them at most."""
    paths = [f"/{number}" for number in range(HANGING)]
    for path in paths:
        case.add(f"ep_{path[1:]}", path, ["communication.*"])
    case.add("ep_well", "/well", ["conversation.*"])
    case.subscriber.waiting.update(paths)
    with case.relay():
        case.append(*(communication(n) for n in range(60)))
        eventually(lambda: sum(case.subscriber.under_way.values()) >= OF_THE_FAILING)
        waits = [wait(case, number) for number in range(20)]
        case.subscriber.waiting.clear()

    assert ATTEMPT + SOON > waits[0]
    assert SOON > max(waits[1:])
