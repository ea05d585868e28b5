"""An endpoint that is enabled again, while the relays that know it as disabled have nothing else to do."""

import time

import pytest

from service.endpoints.endpoint import Disabled
from tests.eventually import eventually
from tests.relay_case import RelayCase
from tests.twilio_callbacks import communication


@pytest.mark.parametrize("within_the_look", [0.0, 0.5, 1.0, 1.5])
def test_what_was_missed_is_delivered_although_nobody_else_wakes_the_relay(
    case: RelayCase, within_the_look: float
) -> None:
    """Whenever, between two of its looks at the endpoints, one is enabled and given again what it missed."""
    case.add("ep_a", disabled=Disabled("by_hand", 1))
    with case.relay():
        (event,) = case.append(communication(0))
        eventually(lambda: case.state(event, "ep_a") == "skipped:disabled")
        # Another moment of the relay's round each time; what is tested does not depend on it.
        time.sleep(within_the_look)
        case.change("ep_a", disabled=None)
        case.redeliver("ep_a", event)
        (arrival,) = case.subscriber.expect(1)

    assert event.id == arrival.headers["webhook-id"]
