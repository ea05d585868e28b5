"""Inbound JSON: results of Conversation Intelligence, and CloudEvents, whatever shape they have."""

import json

import pytest

from service.twilio.callbacks import MalformedCallbackError
from service.twilio.inbound import event_streams, intelligence

SM, CH = ("SM" + "1" * 32, "CH" + "3" * 32)


@pytest.mark.parametrize(
    ("body", "same"),
    [
        ({"operatorResults": [{"id": "b"}, {"id": "a"}], "more": 1}, True),
        ({"operatorResults": [{"id": "a"}]}, False),
        ({"operatorResults": [{"id": "a"}, {}]}, False),
        ({}, False),
    ],
)
def test_results_are_known_by_their_ids(body: object, same: bool) -> None:  # noqa: FBT001 - a column of the table
    """In any order; without an id only the same bytes are the same results."""
    first = intelligence.event(b'{"operatorResults":[{"id":"a"},{"id":"b"}]}', 0).id

    assert same == (first == intelligence.event(json.dumps(body).encode(), 0).id)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"accountId":"\xff"}', b"[" * 5000, b'{"conversationId":"' + b"x" * 129 + b'"}']
)
def test_results_that_cannot_be_read(body: bytes) -> None:
    """What is no JSON object is malformed."""
    with pytest.raises(MalformedCallbackError):
        intelligence.event(body, 0)


@pytest.mark.parametrize("odd", [None, 1, "x", [1], {"a": 1}])
def test_odd_members_of_results_do_no_harm(odd: object) -> None:
    """Twilio's documents and samples differ, so a member of another shape is passed over, and told."""
    body = json.dumps({"accountId": [odd], "conversationId": [odd], "operatorResults": odd}).encode()
    told = intelligence.event(body, 0)

    assert (None, None, body) == (told.account_id, told.conversation_id, told.data)


@pytest.mark.parametrize(
    ("source", "data", "expected"),
    [
        ("AC" + "a" * 32, {}, "AC" + "a" * 32),
        ("/2010-04-01/Accounts/AC" + "a" * 32 + "/Messages/SM1.json", {}, "AC" + "a" * 32),
        ("AC" + "a" * 32, {"accountSid": "AC1"}, "AC1"),
        ("AC" + "a" * 32, {"accountsid": "AC1"}, "AC1"),
        ("somewhere", {"AccountSid": 1}, None),
        (1, None, None),
    ],
)
def test_the_account_of_a_cloud_event(source: object, data: object, expected: str | None) -> None:
    """Its data name it, in one of several spellings, or its source does."""
    entry = {"id": "EZ1", "type": "com.twilio.x.y", "source": source, "data": data}
    (told,) = event_streams.batch(json.dumps([entry]).encode(), 0).events

    assert expected == told.account_id


def test_a_cloud_event_is_named_after_its_resources() -> None:
    """However the schema writes them."""
    entry = {"id": "EZ1", "type": "com.twilio.x.Y", "data": {"messageSid": SM, "ConversationSid": CH, "callSid": "x"}}
    (told,) = event_streams.batch(json.dumps([entry]).encode(), 0).events

    assert ("eventstreams.x.y", (CH, SM)) == (told.kind, told.names)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[1", b"[" * 5000, b"\xff"])
def test_a_body_that_is_no_batch(body: bytes) -> None:
    """What is no JSON array is malformed as a whole."""
    with pytest.raises(MalformedCallbackError):
        event_streams.batch(body, 0)
