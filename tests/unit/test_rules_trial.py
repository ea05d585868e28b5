"""`rules try`: what each rule says to an event, and rules in sentences."""

import msgspec
import pytest

from service.rules.sentences import sentences
from service.rules.trial import NoEventError, said, sample
from tests.rules_of import rules_of
from tests.twilio_callbacks import fixture_body

NOW = 1_795_179_600_000
QUIET = '[[close]]\nname = "quiet"\nwhen = "conversation.inactivated"\nafter = "10m"\n'
ENDED = '[[close]]\nname = "ended"\nwhen = ["call.completed", "call.failed"]\n'
SAID = '[[observe]]\nname = "said"\nwhen = "communication.created"\n'
RECORD = '[[observe]]\nname = "record"\nwhen = "conversation.closed"\n'
ALL = (QUIET, ENDED, SAID, RECORD)


def envelope(name: str, **members: object) -> bytes:
    """Return an event as a subscriber gets it."""
    whole = {"id": "evt_1", "type": name, "conversation_id": "conv_conversation_1", "data": {}, **members}
    return msgspec.json.encode(whole)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (fixture_body("co-conversation-updated-inactive"), ["quiet"]),
        (fixture_body("co-conversation-updated-closed"), ["record"]),
        (fixture_body("co-conversation-updated-reactivated"), []),
        (fixture_body("co-communication-created-sms-inbound"), ["said"]),
        (fixture_body("co-participant-removed"), []),
        (envelope("call.failed", source="call", data={"CallSid": "CA1"}), ["ended"]),
        (envelope("conversation.inactivated"), ["quiet"]),
        (envelope("conversation.inactivated", late=True), []),
        (envelope("conversation.inactivated", conversation_id=None), []),
        (envelope("conversation.inactivated", source="reconciliation", timestamp="2026-11-20T12:00:00Z"), []),
    ],
)
def test_callbacks_and_envelopes_are_tried(body: bytes, expected: list[str]) -> None:
    """An Orchestrator callback, or what a subscriber got of whatever source."""
    answers = said(rules_of(*ALL), sample(body, NOW), NOW)

    assert expected == [answer.rule for answer in answers if answer.asks]
    assert [answer.asks is None for answer in answers] == [answer.why_not is not None for answer in answers]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (envelope("call.busy"), "it waits for call.completed or call.failed, and this is call.busy"),
        (envelope("call.failed", late=True), "it is late: a newer state had overtaken it"),
        (envelope("call.failed", conversation_id=None), "it belongs to no conversation that is known"),
        (envelope("call.failed", data={"ParentCallSid": "CA0"}), "it is a leg that the call CA0 dialled"),
    ],
)
def test_what_does_not_match_says_why(body: bytes, why: str) -> None:
    """In words, for each rule."""
    (answer,) = said(rules_of(ENDED), sample(body, NOW), NOW)

    assert why in (answer.why_not or "")


@pytest.mark.parametrize(
    ("name", "assumed"),
    [
        ("co-conversation-updated-inactive", "taken for the change from ACTIVE to INACTIVE"),
        ("co-conversation-updated-reactivated", "taken for the change from INACTIVE to ACTIVE"),
        ("co-conversation-created", None),
        ("co-communication-created-chat", None),
    ],
)
def test_what_a_callback_does_not_say_is_assumed_and_told(name: str, assumed: str | None) -> None:
    """A callback has no previous status; the log knows it."""
    assert assumed == sample(fixture_body(name), NOW).assumed


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b"\xff", b"null", b'{"type":"call.failed"}', b'{"type":"call.failed","data":1}',
        b'{"data":{}}', b'{"type":1,"data":{}}', b'{"eventType":[],"data":{}}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused_with_a_sentence(body: bytes) -> None:
    """Nothing of it is repeated."""
    with pytest.raises(NoEventError, match=r"\w"):
        sample(body, NOW)


def test_rules_are_told_in_sentences() -> None:
    """What each does, and whom it is for."""
    rules = rules_of(
        QUIET + 'channels = ["SMS", "CHAT"]\nconfigurations = ["conf_1"]',
        '[[close]]\nname = "stop"\nwhen = "message.received"\nkeywords = ["STOP", "END"]',
        '[[close]]\nname = "left"\nwhen = "participant.removed"\nparticipant = "customer"',
        '[[close]]\nname = "ok"\nwhen = "intelligence.result"\noperators = ["Outcome"]\nlabels = ["resolved"]',
        SAID,
        '[[observe]]\nname = "sum"\nwhen = "intelligence.result"\noperators = ["Summary"]',
        '[customers]\nbusiness_addresses = ["+12025550188", "12345"]',
        '[transcription]\nforward = "transcription"',
    )

    assert [
        (
            'Close "quiet": on conversation.inactivated, the conversation is closed 10 minutes later, unless there is'
            " new traffic meanwhile; only on SMS or CHAT; only with the configuration conf_1."
        ),
        'Close "stop": on message.received that is STOP or END and a customer\'s, the conversation is closed at once.',
        (
            'Close "left": on participant.removed of a participant on the side: customer, the conversation is closed at'
            " once; not while another channel is active."
        ),
        (
            'Close "ok": on intelligence.result of the operator Outcome with the label resolved, the conversation is'
            " closed at once."
        ),
        (
            'Observe "said": each communication.created of customers is written to memory as "{text}" by'
            ' "conversation-events".'
        ),
        (
            'Observe "sum": each intelligence.result of the operator Summary is written to memory as'
            ' "{operator}: {result}" by "conversation-events".'
        ),
        "Who is customer: 2 addresses of the business; else participants of the type CUSTOMER.",
        "Where a call's words come from two sources: what Real-Time Transcription heard is forwarded.",
    ] == sentences(rules)
