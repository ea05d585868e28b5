"""The close job and what a rule wants besides: which calls it makes, and what stands in their way."""

from typing import Any

import msgspec
import pytest

from service.rules.asked import Author, CloseArguments
from tests.fake_twilio import FakeTwilio
from tests.job_steps import AFTER, BEFORE, CONVERSATION, Work
from workers.jobs.executor import execute

CALL = "CA9d2f00000000000000000000000000f1"
CUSTOMER, AGENT = "+12025550111", "+12025550188"
CALL_OVER = CloseArguments(unless_other_channels_active=True, channel="VOICE", channel_id=CALL)
CONFIGURATIONS = CloseArguments(configurations=("conv_configuration_1",))
BY_ADDRESS = CloseArguments(author=Author(("CUSTOMER",), None, f"whatsapp:{CUSTOMER}"))


def closed(work: Work, wanted: CloseArguments) -> tuple[str, str]:
    """Do a close with these arguments, and return the state and the reason."""
    job = work.begin(arguments=msgspec.json.encode(wanted).decode())
    state, _, reason = execute(work.context, job.id, 1).partition(": ")
    return state, reason


def voice(twilio: FakeTwilio, at: str = BEFORE, call: str = CALL, **more: Any) -> None:  # noqa: ANN401 - any JSON
    """Say something in a call."""
    twilio.say(CONVERSATION, at, author={"channel": "VOICE"}, channelId=call, **more)


@pytest.fixture
def call(twilio: FakeTwilio) -> FakeTwilio:
    """Twilio with one conversation that has been a call and nothing else."""
    twilio.forget()
    twilio.converse(CONVERSATION, "ACTIVE", configurationId="conv_configuration_1")
    twilio.list_fields |= {"author", "channelId"}
    voice(twilio)
    return twilio


def test_a_call_is_over_and_nothing_else_goes_on(work: Work, call: FakeTwilio) -> None:
    """The conversation is closed, by no more calls than any other."""
    assert "done" == closed(work, CALL_OVER)[0]
    assert ["GET", "GET", "PATCH", "GET"] == [method for _, method, _ in call.requests]


def test_the_last_words_of_the_call_itself_come_late(work: Work, call: FakeTwilio) -> None:
    """They were said before its end, and captured after it."""
    voice(call, BEFORE, createdAt=AFTER)

    assert "done" == closed(work, CALL_OVER)[0]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"author": {"channel": "SMS"}, "channelId": "SM1"}, "SMS is active: communication conv_communication_"),
        ({"author": {"channel": "VOICE"}, "channelId": "CA2"}, "another call (CA2) is active: communication "),
        ({}, "a channel that Twilio does not tell is active: communication "),
    ],
)
def test_another_channel_is_alive(work: Work, call: FakeTwilio, said: dict[str, Any], reason: str) -> None:
    """A call's end must not close a conversation that goes on elsewhere."""
    call.say(CONVERSATION, BEFORE, **said)
    state, told = closed(work, CALL_OVER)

    assert ("cancelled", True, 0) == (state, told.startswith(reason), call.patches[CONVERSATION])


def test_a_partial_item_is_asked_for_its_channel(work: Work, call: FakeTwilio) -> None:
    """Where the list leaves out who said it, the communication itself tells."""
    call.list_fields = {"id", "createdAt"}

    assert "done" == closed(work, CALL_OVER)[0]
    assert 1 == sum("/Communications/" in path for _, _, path in call.requests)


@pytest.mark.parametrize(
    ("configuration", "state", "calls"),
    [("conv_configuration_1", "done", 4), ("other", "cancelled", 1), (None, "cancelled", 1)],
)
def test_the_configuration_is_known_after_one_call(
    work: Work, call: FakeTwilio, configuration: str | None, state: str, calls: int
) -> None:
    """Nothing else is asked where it speaks against the close."""
    call.conversations[CONVERSATION]["configurationId"] = configuration

    assert (state, calls) == (closed(work, CONFIGURATIONS)[0], len(call.requests))


@pytest.mark.parametrize(("been", "state"), [(("SMS",), "cancelled"), (("VOICE",), "done"), (("SMS", "VOICE"), "done")])
def test_the_conversation_has_been_on_a_channel(
    work: Work, call: FakeTwilio, been: tuple[str, ...], state: str
) -> None:
    """As its communications say."""
    call.communications[CONVERSATION] = []
    for channel in been:
        call.say(CONVERSATION, BEFORE, author={"channel": channel})

    assert state == closed(work, CloseArguments(channels=("VOICE",)))[0]


@pytest.mark.parametrize(("kind", "state"), [("CUSTOMER", "done"), ("HUMAN_AGENT", "cancelled"), (None, "cancelled")])
@pytest.mark.parametrize("named", [True, False])
def test_only_a_customers_word_closes(
    work: Work,
    call: FakeTwilio,
    kind: str | None,
    state: str,
    named: bool,  # noqa: FBT001
) -> None:
    """Who wrote is found as the participant that the event named, or by the address, whatever its prefix."""
    call.join(CONVERSATION, type="HUMAN_AGENT", addresses=[{"channel": "SMS", "address": AGENT}])
    who = call.join(CONVERSATION, type=kind, addresses=[{"channel": "WHATSAPP", "address": CUSTOMER}])
    wanted = CloseArguments(author=Author(("CUSTOMER",), who)) if named else BY_ADDRESS

    assert state == closed(work, wanted)[0]


@pytest.mark.parametrize("wanted", [BY_ADDRESS, CloseArguments(author=Author(("CUSTOMER",), "conv_participant_9"))])
def test_who_does_not_take_part_closes_nothing(work: Work, call: FakeTwilio, wanted: CloseArguments) -> None:
    """Twilio knows nobody of that id or address."""
    state, told = closed(work, wanted)

    assert ("cancelled", True) == (state, told.startswith("who wrote is not among those who take part"))
    assert 0 == call.patches[CONVERSATION]
