"""Inbound forms of each kind: what tells one event from the next, which state overtakes which, and when it was."""

import json
from collections.abc import Callable

import pytest

from service.events.correlation import addresses
from service.events.event import Event
from service.twilio.callbacks import MalformedCallbackError
from service.twilio.inbound import calls, classic, debugger, messages
from service.twilio.inbound.names import between, is_sid
from service.twilio.inbound.parameters import Parameters
from service.twilio.inbound.report import moment

RECEIVED = 1_763_647_390_007
SM, CA, CH, GT = ("SM" + "1" * 32, "CA" + "2" * 32, "CH" + "3" * 32, "GT" + "4" * 32)
ONE, OTHER = "+12025550123", "+12025550188"
Parse = Callable[[Parameters, int], Event]


def event(parse: Parse, **parameters: str) -> Event:
    """Return the event of these parameters."""
    return parse(Parameters(tuple(parameters.items())), RECEIVED)


KEYS: list[tuple[Parse, dict[str, str], dict[str, str]]] = [
    (messages.received, {"MessageSid": SM}, {"MessageSid": SM[:-1] + "2"}),
    (messages.status, {"MessageSid": SM, "MessageStatus": "sent"}, {"MessageStatus": "delivered"}),
    (calls.received, {"CallSid": CA}, {"CallSid": CA[:-1] + "1"}),
    (calls.status, {"CallSid": CA, "CallStatus": "ringing", "SequenceNumber": "1"}, {"SequenceNumber": "2"}),
    (calls.status, {"CallSid": CA, "CallStatus": "ringing"}, {"CallStatus": "completed"}),
    (calls.relay_ended, {"SessionId": "VX1", "CallSid": CA}, {"SessionId": "VX2"}),
    (
        calls.transcription,
        {"TranscriptionSid": GT, "TranscriptionEvent": "transcription-content", "SequenceId": "3"},
        {"SequenceId": "4"},
    ),
    (
        calls.transcription,
        {"TranscriptionSid": GT, "TranscriptionEvent": "transcription-started"},
        {"TranscriptionEvent": "transcription-stopped"},
    ),
    (
        classic.event,
        {"EventType": "onMessageUpdated", "ConversationSid": CH, "MessageSid": "IM1", "DateUpdated": "2026-11-20"},
        {"DateUpdated": "2026-11-21"},
    ),
    (
        classic.event,
        {"EventType": "onMessageAdded", "ConversationSid": CH, "MessageSid": "IM1", "Index": "4"},
        {"Index": "5"},
    ),
    (
        classic.event,
        {"EventType": "onConversationStateUpdated", "ConversationSid": CH, "StateTo": "active", "StateUpdated": "1"},
        {"StateTo": "closed"},
    ),
    (
        classic.event,
        {"EventType": "onDeliveryUpdated", "MessageSid": "IM1", "DeliveryReceiptSid": "DY1", "Status": "sent"},
        {"Status": "read"},
    ),
    (classic.before, {"EventType": "onMessageAdd", "Body": "a"}, {"Body": "b"}),
    (debugger.event, {"Sid": "NO1", "Level": "ERROR"}, {"Sid": "NO2"}),
]


@pytest.mark.parametrize(("parse", "said", "change"), KEYS)
def test_what_tells_events_apart(parse: Parse, said: dict[str, str], change: dict[str, str]) -> None:
    """Parameters beside the key make no other event, those of the key do."""
    first = event(parse, **said).id
    more = {} if parse is classic.before else {"Later": "1"}

    assert (True, False) == (first == event(parse, **said, **more).id, first == event(parse, **{**said, **change}).id)


def test_kinds_do_not_share_ids() -> None:
    """The same SID in two kinds makes two events."""
    parameters = Parameters((("MessageSid", SM), ("MessageStatus", "received"), ("SmsSid", SM)))

    assert messages.received(parameters, 0).id != messages.status(parameters, 0).id


@pytest.mark.parametrize(("parse", "said", "change"), KEYS)
def test_what_a_kind_cannot_be_without(parse: Parse, said: dict[str, str], change: dict[str, str]) -> None:
    """Without any of its identifiers a request is malformed, not an event without identity."""
    with pytest.raises(MalformedCallbackError, match="is missing"):
        event(parse, Body="x", **{name: "" for name in said | change if name != "Body"})


@pytest.mark.parametrize(
    ("parse", "said", "kind", "rank"),
    [
        (messages.received, {"MessageSid": SM}, "message.received", "5"),
        (messages.received, {"SmsSid": SM}, "message.received", "5"),
        (messages.status, {"SmsSid": SM, "SmsStatus": "Delivered"}, "message.delivered", "5"),
        (messages.status, {"MessageSid": SM, "MessageStatus": "read"}, "message.read", "6"),
        (messages.status, {"MessageSid": SM, "MessageStatus": "pending approval"}, "message.pending_approval", "0"),
        (calls.received, {"CallSid": CA}, "call.received", "3"),
        (calls.status, {"CallSid": CA, "CallStatus": "no-answer"}, "call.no-answer", "9"),
        (calls.status, {"CallSid": CA, "CallStatus": "on-hold"}, "call.on-hold", "0"),
        (calls.relay_ended, {"SessionId": "VX1"}, "relay.ended", None),
        (
            calls.transcription,
            {"TranscriptionSid": GT, "TranscriptionEvent": "transcription-error"},
            "transcription.error",
            None,
        ),
        (classic.event, {"EventType": "onUserAdded", "UserSid": "US1"}, "classic.onUserAdded", None),
        (debugger.event, {"Sid": "NO1", "Level": "WARNING"}, "debugger.warning", None),
    ],
)
def test_types_and_ranks(parse: Parse, said: dict[str, str], kind: str, rank: str | None) -> None:
    """States are part of the type; those that come without a time have a rank."""
    told = event(parse, **said)

    assert (kind, rank) == (told.kind, told.rank)


@pytest.mark.parametrize("ranks", [messages.RANKS, calls.RANKS])
def test_ranks_are_in_order(ranks: dict[str, str]) -> None:
    """They stand in the order of a life, one digit each, and all that is final is 9."""
    assert sorted(ranks.values()) == list(ranks.values())
    assert {"failed", "canceled"} <= {state for state, rank in ranks.items() if rank == "9"}


@pytest.mark.parametrize(
    ("parse", "said", "expected"),
    [
        (
            messages.received,
            {"MessageSid": SM, "From": f"whatsapp:{ONE}", "To": f"whatsapp:{OTHER}"},
            (SM, addresses("WHATSAPP", ONE, OTHER)),
        ),
        (messages.received, {"MessageSid": SM, "From": ONE, "To": OTHER}, (SM, addresses("SMS", ONE, OTHER))),
        (
            messages.received,
            {"MessageSid": SM, "From": f"rcs:{ONE}", "To": "rcs:brand"},
            (SM, addresses("RCS", "brand", ONE)),
        ),
        (
            messages.status,
            {"MessageSid": SM, "MessageStatus": "sent", "From": OTHER, "To": ONE},
            (SM, addresses("SMS", ONE, OTHER)),
        ),
        (messages.received, {"MessageSid": "not a SID", "From": ONE}, ()),
        (calls.received, {"CallSid": CA, "From": ONE, "To": OTHER}, (CA, addresses("VOICE", ONE, OTHER))),
        (
            calls.received,
            {"CallSid": CA, "ParentCallSid": CA[:-1] + "9", "Caller": "anonymous", "Called": OTHER},
            (CA, CA[:-1] + "9"),
        ),
        (calls.relay_ended, {"SessionId": "VX1", "CallSid": CA}, (CA,)),
        (
            calls.transcription,
            {"TranscriptionSid": GT, "TranscriptionEvent": "transcription-content", "CallSid": CA},
            (CA,),
        ),
        (classic.event, {"EventType": "onMessageAdded", "ConversationSid": CH, "MessageSid": "IM1"}, (CH,)),
        (classic.before, {"EventType": "onMessageAdd", "ConversationSid": CH}, (CH,)),
        (debugger.event, {"Sid": "NO1", "Level": "ERROR", "Payload": json.dumps({"resource_sid": SM})}, (SM,)),
        (debugger.event, {"Sid": "NO1", "Level": "ERROR", "Payload": "{" * 5000}, ()),
    ],
)
def test_names(parse: Parse, said: dict[str, str], expected: tuple[str, ...]) -> None:
    """By which traffic finds its conversation, the best first; what hides its number is nobody's name."""
    assert expected == event(parse, **said).names


@pytest.mark.parametrize("nobody", ["", "anonymous", "Restricted", "+266696687", "unknown"])
def test_who_hides_is_many_people(nobody: str) -> None:
    """Two callers without a number are not taken for one."""
    assert () == between(nobody, OTHER, "VOICE") == between(OTHER, nobody, "VOICE")


@pytest.mark.parametrize(("text", "expected"), [(SM, True), (ONE, False), ("1" * 34, False), (SM + "1", False)])
def test_names_of_keys_are_sids(text: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    """No number and nothing that a person wrote."""
    assert expected == is_sid(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fri, 20 Nov 2026 17:10:22 +0000", "2026-11-20T17:10:22.000000Z"),
        ("20 Nov 2026 19:10:22 +0200", "2026-11-20T17:10:22.000000Z"),
        ("Fri, 20 Nov 2026 17:10:22 GMT", "2026-11-20T17:10:22.000000Z"),
        ("2026-11-20T16:41:12.401Z", "2026-11-20T16:41:12.401000Z"),
        ("2026-11-20T17:00:16.101000Z", "2026-11-20T17:00:16.101000Z"),
        ("Fri, 99 Nov 2026 17:10:22 +0000", None),
        ("20 Nov 2026 17:10:22 +9999", None),
        ("2611201405", None),
        ("", None),
        (None, None),
    ],
)
def test_moments(text: str | None, expected: str | None) -> None:
    """Both of Twilio's spellings are one; what is neither is no time."""
    assert expected == moment(text)


def test_the_time_of_an_event() -> None:
    """It is the event's own where it has one, which then also says how old it is, and else that of its arrival."""
    status = {"CallSid": CA, "CallStatus": "ringing"}
    timed = event(calls.status, **status, Timestamp="Fri, 20 Nov 2026 17:10:22 +0000")
    untimed = event(calls.status, **status)

    assert ("2026-11-20T17:10:22.000000Z",) * 2 == (timed.timestamp, timed.occurred)
    assert ("2025-11-20T14:03:10.007Z", None) == (untimed.timestamp, untimed.occurred)


@pytest.mark.parametrize(("what", "words"), [("content", "transcribed"), ("started", None)])
def test_words_of_a_call(what: str, words: str | None) -> None:
    """What was said is told as such, under the call's SID; that transcription began is not."""
    told = event(
        calls.transcription, TranscriptionSid=GT, TranscriptionEvent=f"transcription-{what}", CallSid=CA, Final="true"
    )

    assert (words, (CA,)) == (told.words, told.names)
