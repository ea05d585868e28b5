"""The body of a delivery: made of the stored entry alone, with Twilio's own bytes inside."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.events.envelope import envelope
from tests.sample_events import stored_event
from tests.twilio_callbacks import ACCOUNT, CONVERSATION

examples = settings(deadline=None, max_examples=40)
# As odd as the wire may be: blanks, escapes that need not be, repeated members, numbers that Python would round.
ODD = b'{ "a" : 1.10e+2,\n"\\u00e9":"\\/\xc3\xa9", "a":12345678901234567890 }'


def test_members_and_their_order() -> None:
    """The envelope is what the wire format says, in its order."""
    expected = {
        "id": "evt_one", "type": "communication.created", "timestamp": "2026-11-20T14:00:00Z", "sequence": 7,
        "source": "orchestrator", "account_id": ACCOUNT, "conversation_id": CONVERSATION, "data": {"id": "x"},
    }  # fmt: skip
    event = stored_event(sequence=7, data=b'{"id":"x"}')

    assert list(expected.items()) == list(json.loads(envelope(event)).items())


def test_data_is_twilios_byte_for_byte() -> None:
    """Nothing of Twilio's object is written anew."""
    assert envelope(stored_event(data=ODD)).endswith(b',"data":' + ODD + b"}")


@pytest.mark.parametrize(("late", "expected"), [(True, True), (False, None)])
def test_late_is_said_only_where_it_is_true(late: bool, expected: bool | None) -> None:  # noqa: FBT001 - a parameter
    """An ordinary event has no member `late`."""
    assert expected is json.loads(envelope(stored_event(late=late))).get("late")


def test_what_is_not_there_is_null() -> None:
    """An event without conversation has no sequence either."""
    body = json.loads(envelope(stored_event(conversation_id=None, sequence=None, account_id=None)))

    assert [None, None, None] == [body["conversation_id"], body["sequence"], body["account_id"]]


@examples
@given(st.text(), st.text(), st.none() | st.integers(1, 10**15), st.booleans())
def test_the_same_entry_gives_the_same_bytes(kind: str, account: str, sequence: int | None, late: bool) -> None:  # noqa: FBT001 - a parameter
    """Each attempt has the body of the first, and it is JSON whatever the texts hold."""
    event = stored_event(kind=kind, account_id=account, sequence=sequence, late=late)

    assert envelope(event) == envelope(event)
    assert [account, sequence] == [json.loads(envelope(event))[name] for name in ("account_id", "sequence")]
