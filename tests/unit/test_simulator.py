"""The simulated Twilio's scenario and memory, and the sample subscriber's proof."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

import pytest
from standardwebhooks import Webhook

from service.simulator.scenario import Kind, identifier, support_conversation
from service.simulator.verification import Verdict, verify
from service.simulator.world import MOST_CONVERSATIONS, World
from service.twilio.callbacks import parse

AT = "2026-11-20T14:03:10.114Z"
LATER = "2026-11-20T14:03:11.114Z"
SCRIPT = support_conversation("seed")


def played() -> World:
    """Return a world in which the whole script has been played."""
    world = World("AC0", "conv_configuration_0")
    for step in SCRIPT.steps:
        world.play(SCRIPT.conversation_id, step, AT)
    return world


def test_a_scenario_tells_a_conversation_in_order() -> None:
    """A conversation begins, is joined, has communications, and falls silent; closing it is left to the listener."""
    actual = [(step.kind, step.members.get("status")) for step in SCRIPT.steps]

    assert ("CONVERSATION_CREATED", "ACTIVE") == actual[0]
    assert ("CONVERSATION_UPDATED", "INACTIVE") == actual[-1]
    assert set(get_args(Kind)) == {kind for kind, _ in actual}
    assert [step.after for step in SCRIPT.steps] == sorted(step.after for step in SCRIPT.steps)


@pytest.mark.parametrize("number", range(len(SCRIPT.steps)))
def test_every_callback_is_one_that_the_receiver_reads(number: int) -> None:
    """Each step's callback parses, and belongs to the conversation and the account."""
    world = played()
    callback = world.play(SCRIPT.conversation_id, SCRIPT.steps[number], LATER)

    event = parse(callback.body(), 0)

    assert (callback.kind, SCRIPT.conversation_id, "AC0") == (event.kind, event.conversation_id, event.account_id)


def test_identifiers_have_the_form_of_twilios() -> None:
    """An id is its prefix and 26 characters that begin with 0 to 7, and the same seed gives the same one."""
    actual = identifier("conv_participant_", "seed", "agent")

    assert identifier("conv_participant_", "seed", "agent") == actual
    assert len("conv_participant_") + 26 == len(actual)
    assert actual.removeprefix("conv_participant_")[0] in "01234567"


def test_closing_is_told_once() -> None:
    """Closing an open conversation makes a callback; closing it again makes none, and an unknown one neither."""
    world = played()

    first = world.close(SCRIPT.conversation_id, LATER)
    again = world.close(SCRIPT.conversation_id, LATER)
    unknown = world.close("conv_conversation_unknown", LATER)

    assert first is not None
    assert {"eventType": "CONVERSATION_UPDATED", "status": "CLOSED"} == {
        "eventType": first.kind,
        "status": json.loads(first.body())["data"]["status"],
    }
    assert (None, None) == (again, unknown)


def test_communications_are_listed_as_they_are_now() -> None:
    """The list holds each communication once, in its latest state and in the order of creation."""
    actual = [each["recipients"][0]["deliveryStatus"] for each in played().communications(SCRIPT.conversation_id)]

    assert ["INITIATED", "DELIVERED", "INITIATED"] == actual


def test_only_the_newest_conversations_are_remembered() -> None:
    """The memory of a simulation that runs for ever stays bounded."""
    world = World("AC0", "conv_configuration_0")
    scripts = [support_conversation(str(number)) for number in range(MOST_CONVERSATIONS + 1)]
    for each in scripts:
        world.play(each.conversation_id, each.steps[0], AT)

    actual = [world.conversation(each.conversation_id) is not None for each in (scripts[0], scripts[1], scripts[-1])]

    assert [False, True, True] == actual


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a subscriber gets, and what it proves it with; as signed, unless a field says otherwise."""

    signature: str | None = None
    id: str = "evt_1"
    timestamp: str = "1800000000"
    body: bytes = b'{"type":"a"}'
    secret: bytes = b"s" * 32
    now: float = 1_800_000_000.0

    def verdict(self) -> Verdict:
        """Return what `verify` says of it."""
        signed = Webhook(b"s" * 32).sign("evt_1", datetime.fromtimestamp(1_800_000_000, UTC), '{"type":"a"}')
        signature = f"v1,old {signed}" if self.signature is None else self.signature
        headers = {"webhook-id": self.id, "webhook-timestamp": self.timestamp, "webhook-signature": signature}
        return verify(self.secret, headers, self.body, self.now)


@pytest.mark.parametrize(
    ("delivered", "expected"),
    [
        pytest.param(Delivered(), "verified", id="as it was sent"),
        pytest.param(Delivered(body=b'{"type":"b"}'), "wrong signature", id="another body"),
        pytest.param(Delivered(secret=b"x" * 32), "wrong signature", id="another secret"),
        pytest.param(Delivered(now=1_800_000_301.0), "too old", id="a captured delivery"),
        pytest.param(Delivered("v1a,abc v2,def"), "wrong signature", id="no signature of our version"),
        pytest.param(Delivered("v1,é"), "wrong signature", id="a signature that is no ASCII"),
        pytest.param(Delivered(id=""), "headers missing", id="no id"),
        pytest.param(Delivered(timestamp="soon"), "headers missing", id="no timestamp"),
    ],
)
def test_the_subscriber_proves_what_it_gets(delivered: Delivered, expected: Verdict) -> None:
    """A delivery that the standardwebhooks package has signed is verified; whatever differs is refused."""
    actual = delivered.verdict()

    assert expected == actual
