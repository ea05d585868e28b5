"""Orchestrator callbacks: any bytes are an event or malformed, and what is lenient stays lenient."""

import json
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.events.correlation import addresses
from service.events.event import Event
from service.twilio.callbacks import LONGEST_ID, MalformedCallbackError, parse
from tests.twilio_callbacks import ACCOUNT, CONVERSATION, fixture, fixture_body, fixture_names, written

RECEIVED = 1_763_647_390_007
AT = "2026-11-20T14:00:00Z"
examples = settings(deadline=None, max_examples=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KINDS = st.sampled_from(["CONVERSATION_UPDATED", "PARTICIPANT_UPDATED", "COMMUNICATION_CREATED", "X", "", "_"])
MEMBERS = ("id", "accountId", "conversationId", "status", "updatedAt", "name", "content", "addresses")
DATA = st.dictionaries(st.sampled_from(MEMBERS), JSON)


def parsed(body: bytes) -> Event | None:
    """Return the event, or None where the body is malformed."""
    with suppress(MalformedCallbackError):
        return parse(body, RECEIVED)
    return None


@pytest.mark.parametrize("name", [name for name in fixture_names() if not name.startswith(("co-bad", "co-get"))])
def test_recorded_callbacks(name: str) -> None:
    """Each is an event that names what it is about."""
    said, event = json.loads(fixture(name)["body"]), parse(fixture_body(name), RECEIVED)
    about = said["data"].get("conversationId") or said["data"]["id"]

    assert (said["eventType"], said["timestamp"], ACCOUNT) == (event.kind, event.timestamp, event.account_id)
    assert (about, said["data"]["id"]) == (event.conversation_id, event.resource_id)
    assert said["data"] == json.loads(event.data)


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"null", b"[]", b'"text"', b"1", b"{}", b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"eventType":"X"}',
        b'{"data":{}}', b'{"eventType":"X","data":null}', b'{"eventType":"X","data":[]}',
        b'{"eventType":"X","data":"{}"}',
        b'{"eventType":1,"data":{}}', b'{"eventType":null,"data":{}}', b'{"eventType":"","data":{}}',
        b'{"eventType":"X","data":{}', b'{"eventType":"X","data":{}}}', b'[{"eventType":"X","data":{}}]',
        b'{"eventType":"X\xff","data":{}}', b'{"eventType":"X","data":{"id":"\xff"}}',
        b'{"eventType":"X","data":{"id":"\\ud800"}}', b'{"eventType":"X","data":{"id":NaN}}',
        b'{"eventType":"X","data":{"n":' + b"9" * 5000 + b"}}", b'{"eventType":"X","data":' + b"[" * 100_000,
        b'{"eventType":"X","data":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001,
        written("X" * (LONGEST_ID + 1), {}, AT), written("X", {"id": "x" * (LONGEST_ID + 1)}, AT),
    ],
)  # fmt: skip
def test_malformed(body: bytes) -> None:
    """What is no JSON object with a text `eventType` and an object `data` is malformed."""
    assert parsed(body) is None


@pytest.mark.parametrize(("begin", "end"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_any_depth_is_an_event_or_malformed(begin: bytes, end: bytes) -> None:
    """Also where reading goes just deep enough, and writing the state for its hash does not."""
    head = b'{"eventType":"COMMUNICATION_UPDATED","data":{"id":"x","updatedAt":"2026-11-20T14:00:00Z","content":'
    events = [parsed(head + begin * depth + b"1" + end * depth + b"}}") for depth in range(1, 1500, 7)]
    events += [parsed(head + begin * depth + b"1" + end * depth + b"}}") for depth in range(900, 1000)]

    assert events[0]
    assert events[214] is None


@examples
@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
@example(b'{"eventType":"X","data":{}}'.replace(b"X", b"\xed\xa0\x80"))
def test_any_bytes_are_an_event_or_malformed(body: bytes) -> None:
    """No other exception, whatever comes."""
    event = parsed(body)

    assert event is None or event.data in body


@examples
@given(KINDS | st.text(), JSON, DATA)
def test_any_callback_is_an_event_or_malformed(kind: str, timestamp: object, data: dict[str, object]) -> None:
    """Members of any type and shape do no harm; ids and status are texts or absent."""
    event = parsed(json.dumps({"eventType": kind, "timestamp": timestamp, "data": data}).encode())

    if event:
        told = (event.account_id, event.conversation_id, event.resource_id, event.status)
        assert all(value is None or value in data.values() for value in told)
        assert event.timestamp in {timestamp if isinstance(timestamp, str) else None, "2025-11-20T14:03:10.007Z"}


@pytest.mark.parametrize("timestamp", [None, "", "yesterday", 1763647390, {"at": AT}])
def test_the_time_of_arrival_stands_in(timestamp: object) -> None:
    """Where the callback has no readable time of its own."""
    body = json.dumps({"eventType": "X", "timestamp": timestamp, "data": {}}).encode()

    assert "2025-11-20T14:03:10.007Z" == parse(body, RECEIVED).timestamp


def test_data_stays_byte_for_byte() -> None:
    """Blanks, escapes and the order of members are kept."""
    data = b'{ "b":1.0e1 , "a":"\\u00e9" }'

    assert data == parse(b'{"data":' + data + b',"eventType":"X"}', RECEIVED).data


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("CONVERSATION_ARCHIVED", {"id": "a"}, "a"),
        ("CONVERSATION_UPDATED", {"id": "a", "conversationId": "b"}, "b"),
        ("PARTICIPANT_ADDED", {"id": "a", "conversationId": "b"}, "b"),
        ("PARTICIPANT_ADDED", {"id": "a"}, None),
        ("PARTICIPANT_ADDED", {"id": "a", "conversationId": ""}, None),
        ("CALL_ENDED", {"id": "a", "conversationId": "b"}, "b"),
    ],
)
def test_the_conversation(kind: str, data: dict[str, str], expected: str | None) -> None:
    """It is named by `conversationId`, and by its own id only in what tells of conversations."""
    assert expected == parse(written(kind, data, AT), RECEIVED).conversation_id


@pytest.mark.parametrize(("status", "expected"), [("CLOSED", "CLOSED"), (None, None), (["CLOSED"], None)])
def test_the_status(status: object, expected: str | None) -> None:
    """It is a text, or there is none."""
    event = parse(written("CONVERSATION_UPDATED", {"id": CONVERSATION, "status": status}, AT), RECEIVED)

    assert (CONVERSATION, expected) == (event.conversation_id, event.status)


def test_the_reason_repeats_nothing_of_the_content() -> None:
    """What is logged and kept beside a malformed body holds no customer's text."""
    with pytest.raises(MalformedCallbackError) as caught:
        parse(b'{"eventType":["+12025550123"],"data":{}}', RECEIVED)

    assert "Expected `str`, got `array` - at `$.eventType`" == str(caught.value)


@pytest.mark.parametrize(
    ("name", "sid", "channel", "words"),
    [
        ("sms-inbound", "SM039b63d91abcd6e73d382f1f0ce7c1fc", "SMS", None),
        ("whatsapp-plain-address", None, "WHATSAPP", None),
        ("voice-customer", "CA9372d890a94d24dd5fe377375660f82d", "VOICE", "captured"),
    ],
)
def test_a_communication_makes_its_conversation_known(
    name: str, sid: str | None, channel: str, words: str | None
) -> None:
    """By the message or the call that it is, and by the two addresses, however these are written."""
    event = parse(fixture_body(f"co-communication-created-{name}"), RECEIVED)
    known = [addresses(channel, "+12025550123", "+12025550188")]

    assert ([sid] if sid else []) + known == list(event.names)[0 if sid else -1 :]
    assert words == event.words


def test_a_chat_is_known_by_its_classic_conversation() -> None:
    """`channelId` is then its SID."""
    names = parse(fixture_body("co-communication-created-chat"), RECEIVED).names

    assert ("CHb9322a8adb097cd0a0ec832ff0fcebc7", addresses("CHAT", "user-5521", "support")) == names


@pytest.mark.parametrize("channel_id", ["+12025550123", "user-5521", "1" * 34, "é" * 34, 1, None])
def test_no_name_is_what_a_person_is_called(channel_id: object) -> None:
    """Names become keys, so a `channelId` that is no SID is none."""
    data = {"id": "a", "channelId": channel_id, "author": {"address": "anonymous", "channel": "VOICE"}}
    event = parse(written("COMMUNICATION_CREATED", {**data, "recipients": [{"address": "+1"}, 1, {}]}, AT), RECEIVED)

    assert () == event.names
