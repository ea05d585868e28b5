"""Recorded requests of every product, signed and sent to a real receiver, in every method that Twilio may use."""

import json
from collections.abc import Iterator

import pytest
from redis import Redis

from service.events.types import event_type
from service.store.keys import Keys
from service.web.inbound import TABLE
from tests.hermetic_settings import hermetic_settings
from tests.inbound_requests import (
    SUBACCOUNT,
    SUBACCOUNT_TOKEN,
    fixture,
    fixture_names,
    is_twiml,
    pairs_of,
    recorded,
)
from tests.real_receiver import RealReceiver, running_receiver
from tests.real_redis import RealRedis
from tests.stored_events import counted, stored_events, stored_types
from tests.twilio_callbacks import ACCOUNT, CONVERSATION, TOKEN, fixture_body, signed

TYPES = {
    "in-voice": "call.received",
    "in-": "message.received",
    "st-message-sent": "message.sent",
    "st-message-queued": "message.queued",
    "st-message-delivered": "message.delivered",
    "st-message-undelivered": "message.undelivered",
    "st-message-failed": "message.failed",
    "st-message-whatsapp-delivered": "message.delivered",
    "st-message-whatsapp-read": "message.read",
    "st-call-initiated": "call.initiated",
    "st-call-ringing": "call.ringing",
    "st-call-in-progress": "call.in-progress",
    "st-call-completed": "call.completed",
    "st-call-no-answer": "call.no-answer",
    "st-call-failed": "call.failed",
    "cr-action": "relay.ended",
    "rtt-started": "transcription.started",
    "rtt-content": "transcription.content",
    "rtt-stopped": "transcription.stopped",
    "dbg-error": "debugger.error",
    "ci-rule": "intelligence.result",
}
"""By the beginning of a recorded request's name, the first that fits."""
FORMS = [name for name in fixture_names() if not name.startswith(("ci-", "es-"))]
ROWS = {row.path: row for row in TABLE}


def row(name: str) -> str:
    """Return the path of a recorded request."""
    return str(fixture(name)["url"].removeprefix("https://hooks.example.com").partition("?")[0])


def in_methods() -> list[tuple[str, str]]:
    """Return every recorded form with each method that its route takes."""
    return [(name, method) for name in FORMS for method in sorted(ROWS[row(name)].methods)]


def expected_type(name: str) -> str:
    """Return the type under which subscribers get it."""
    if name.startswith("cv1-"):
        return f"classic.{dict(pairs_of(name))['EventType']}"
    return next(said for begins, said in TYPES.items() if name.startswith(begins))


@pytest.fixture(scope="module")
def receiver(redis_server: RealRedis) -> Iterator[RealReceiver]:
    """A receiver that knows the token of the recorded subaccount."""
    tokens = f"{TOKEN},{SUBACCOUNT}:{SUBACCOUNT_TOKEN}"
    with running_receiver(hermetic_settings(redis_server.url, twilio_auth_tokens=tokens)) as running:
        yield running


@pytest.mark.parametrize(("name", "method"), in_methods())
def test_forms_are_answered_and_stored(
    receiver: RealReceiver, sync_redis: Redis, keys: Keys, name: str, method: str
) -> None:
    """Each is answered as suits Twilio, and stored once under its type with every parameter as it came."""
    answer = receiver.send(recorded(name, method))
    (event,) = stored_events(sync_redis, keys)
    said, told = fixture(name), json.loads(event.data)

    assert answer.status_code in said["expect"]["status"]
    assert suits(said["expect"]["body"], answer.headers.get("content-type"), answer.content)
    assert (expected_type(name), None) == (event_type(event), event.conversation_id)
    assert dict(pairs_of(name)) == {key: value for key, value in told.items() if key != "decoded"}
    assert told["AccountSid"] == event.account_id


def suits(wanted: str, content_type: str | None, content: bytes) -> bool:
    """Return whether an answer's body is of the kind that a recorded request wants."""
    if wanted.startswith("TwiML"):
        return is_twiml(content_type, content)
    if wanted.startswith("{}"):
        return content == b"{}"
    return content == b""


@pytest.mark.parametrize("name", [name for name in fixture_names() if name.startswith("ci-")])
def test_intelligence_results_belong_to_their_conversation(
    receiver: RealReceiver, sync_redis: Redis, keys: Keys, name: str
) -> None:
    """A rule webhook is one event of the conversation that it names, its body untouched."""
    answer = receiver.send(recorded(name))
    (event,) = stored_events(sync_redis, keys)

    assert (204, b"") == (answer.status_code, answer.content)
    assert ("intelligence.result", CONVERSATION, 1, ACCOUNT) == (
        event_type(event), event.conversation_id, event.sequence, event.account_id,
    )  # fmt: skip
    assert fixture(name)["body"].encode() == event.data


def test_a_batch_is_as_many_events(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """Each CloudEvent is stored by itself, in the batch's order and as it came, and once however often it comes."""
    answers = [receiver.send(recorded("es-batch")) for _ in range(2)]
    events = stored_events(sync_redis, keys)
    expected = ["eventstreams.error-logs.error.logged", "eventstreams.conversations.message.added"]

    assert [(200, b"")] * 2 == [(answer.status_code, answer.content) for answer in answers]
    assert expected == [event_type(event) for event in events]
    assert fixture("es-batch")["decoded"] == [json.loads(event.data) for event in events]
    assert {ACCOUNT} == {event.account_id for event in events}
    assert 2 == counted(sync_redis, keys, "duplicates")


@pytest.mark.parametrize(
    ("first", "again"),
    [("in-voice", "in-voice"), ("in-voice", "in-voice-fallback"), ("in-voice-get", "in-voice")]
    + [(name, name) for name in ("in-sms", "st-message-sent", "st-call-ringing", "cr-action-completed", "dbg-error")]
    + [(name, name) for name in ("rtt-content-final", "cv1-onMessageUpdated", "cv1-onMessageAdd-preaction")]
    + [("ci-rule-execution-classification", "ci-rule-execution-classification")],
)  # fmt: skip
def test_a_repeat_is_stored_once(receiver: RealReceiver, sync_redis: Redis, keys: Keys, first: str, again: str) -> None:
    """It is answered as the first was; by the kind and not the path, so that a fallback is the same call."""
    answers = [receiver.send(recorded(name)) for name in (first, again)]

    assert [answers[0].status_code, answers[0].content] * 2 == [
        part for answer in answers for part in (answer.status_code, answer.content)
    ]
    assert (1, 1) == (len(stored_events(sync_redis, keys)), counted(sync_redis, keys, "duplicates"))


def test_every_state_of_one_message_is_told(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """States are events of their own, and one that had been overtaken says so."""
    for name in ("st-message-queued", "st-message-delivered", "st-message-sent-late", "st-message-undelivered"):
        receiver.send(recorded(name))
    events = [event for event in stored_events(sync_redis, keys) if not event.kind.endswith("undelivered")]

    expected = [("message.queued", False), ("message.delivered", False), ("message.sent", True)]
    assert expected == [(event.kind, event.late) for event in events]


def test_traffic_joins_the_conversation_that_is_known(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """The message behind a communication, and its call, become events of that conversation."""
    for name in ("co-communication-created-sms-inbound", "co-communication-created-voice-customer"):
        receiver.send(signed(fixture_body(name)))
    for name in ("in-sms", "rtt-content-final", "cr-action-ended-handoff"):
        receiver.send(recorded(name))
    told = [(event.conversation_id, event.sequence) for event in stored_events(sync_redis, keys)]

    call = "conv_conversation_01kajrp16scwyfcq8rz4g4rd7e"
    assert [(CONVERSATION, 1), (call, 1), (CONVERSATION, 2), (call, 2), (call, 3)] == told
    assert 5 == len(stored_types(sync_redis, keys))
