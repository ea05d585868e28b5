"""The identity of events: what is the same event, and what is another one."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.events.dedupe import callback_id, event_id
from service.twilio.callbacks import parse
from tests.twilio_callbacks import communication, conversation, fixture, fixture_body, written

examples = settings(deadline=None, max_examples=30)
UPDATED = "co-communication-updated-delivered"
SCALARS = st.none() | st.booleans() | st.integers(-1, 1) | st.sampled_from(["", "a", "1"])
CONTENTS = st.dictionaries(st.sampled_from("ab"), SCALARS | st.lists(SCALARS, max_size=2), min_size=1)
DELIVERED = json.loads(fixture(UPDATED)["body"])


def identity(body: bytes) -> str:
    """Return the event id of a callback."""
    return parse(body, 0).id


def delivered(**members: object) -> bytes:
    """Return the recorded callback of a delivered message with these members of `data` changed."""
    return written(DELIVERED["eventType"], {**DELIVERED["data"], **members}, DELIVERED["timestamp"])


def shuffled(value: Any, turn: int) -> Any:  # noqa: ANN401 - any JSON
    """Return the same JSON with the members of each object in another order."""
    if isinstance(value, dict):
        items = sorted(value.items(), reverse=bool(turn % 2))
        at = turn % len(items) if items else 0
        return {name: shuffled(item, turn // 2) for name, item in (*items[at:], *items[:at])}
    return [shuffled(item, turn) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("again", ["redelivered", "second-callback"])
def test_a_repeated_callback_is_the_same_event(again: str) -> None:
    """The same message has one id, sent again or to a second callback."""
    first = "co-communication-created-sms-inbound"

    assert identity(fixture_body(first)) == identity(fixture_body(f"{first}-{again}"))


def test_recorded_callbacks_are_told_apart() -> None:
    """Three fragments of one answer, and three states of one message, are six events."""
    names = [f"co-communication-created-voice-agent-fragment-{number}" for number in (1, 2, 3)]
    names += ["co-communication-updated-in-progress-late", UPDATED, "co-communication-updated-read"]

    assert 6 == len({identity(fixture_body(name)) for name in names})


def test_there_and_back_again_is_three_events() -> None:
    """ACTIVE, INACTIVE and ACTIVE at another time are three."""
    times = [("ACTIVE", "14:00:00"), ("INACTIVE", "14:05:00"), ("ACTIVE", "14:09:00")]

    assert 3 == len({identity(conversation(status, f"2026-11-20T{at}Z")) for status, at in times})


@examples
@given(st.sampled_from(["INACTIVE", "CLOSED"]), st.integers(0, 99), st.datetimes())
def test_another_order_of_members_is_the_same_event(status: str, turn: int, sent: object) -> None:
    """REST lists members in another order, and a second callback has another time; the event is the same."""
    decoded = json.loads(conversation(status, name="Ann", metadata={"a": "1", "b": "2"}))
    other = written(decoded["eventType"], shuffled(decoded["data"], turn), str(sent))

    assert identity(conversation(status, name="Ann", metadata={"b": "2", "a": "1"})) == identity(other)


@pytest.mark.parametrize(
    "time", ["2026-11-20T14:05:41Z", "2026-11-20T14:05:41.000000Z", "2026-11-20T16:05:41.000+02:00"]
)
def test_the_width_of_a_time_does_not_matter(time: str) -> None:
    """A time with 0, 3 or 6 digits is the same time."""
    assert identity(delivered(updatedAt="2026-11-20T14:05:41.000Z")) == identity(delivered(updatedAt=time))


@pytest.mark.parametrize(
    "extra", [{"serviceId": "IS1"}, {"configuration": {"displayName": "x"}}, {"createdAt": "never"}]
)
def test_what_carries_no_state_is_no_part_of_it(extra: dict[str, Any]) -> None:
    """REST shows more members than a callback; the event is the same."""
    assert identity(conversation("CLOSED")) == identity(conversation("CLOSED", **extra))


@pytest.mark.parametrize("empty", [None, {}, [], ""])
def test_empty_and_absent_are_the_same_state(empty: object) -> None:
    """A name that is null and one that is left out are the same."""
    with_it = written("PARTICIPANT_UPDATED", {"id": "p", "updatedAt": "2026-11-20T14:00:00Z", "name": empty}, "")
    without = written("PARTICIPANT_UPDATED", {"id": "p", "updatedAt": "2026-11-20T14:00:00Z"}, "")

    assert identity(with_it) == identity(without)


@examples
@given(CONTENTS, CONTENTS)
def test_other_content_is_another_state(one: object, other: object) -> None:
    """Two contents have one identity only where they are the same JSON."""
    alike = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)

    assert alike == (identity(delivered(content=one)) == identity(delivered(content=other)))


@pytest.mark.parametrize(
    "kind", ["CONVERSATION_UPDATED", "PARTICIPANT_REMOVED", "CALL_UPDATED", "CONVERSATION_ARCHIVED"]
)
def test_without_version_only_equal_bodies_are_repeats(kind: str) -> None:
    """Where no `updatedAt` tells states apart, and for unknown kinds, one more blank makes another event."""
    body = written(kind, {"id": "x"}, "2026-11-20T14:00:00Z")

    assert identity(body) == identity(bytes(body))
    assert identity(body) != identity(body + b" ")


@pytest.mark.parametrize("number", [1, 2])
def test_what_is_made_once_is_known_by_its_id(number: int) -> None:
    """Created is the same event whatever its times; another id is another event."""
    later = communication(number, "2026-11-20T15:00:00Z")

    assert (number == 1) == (identity(communication(1)) == identity(later))


@examples
@given(st.lists(st.text(), min_size=1, max_size=3))
def test_an_event_id_is_short_and_safe(parts: list[str]) -> None:
    """It fits a header, a key and a URL, and is the same each time."""
    assert re.fullmatch(r"evt_[0-9a-f]{32}", event_id(*parts))
    assert event_id(*parts) == event_id(*parts)


def test_ids_never_change() -> None:
    """A new version of this service knows the events of an old one."""
    created = callback_id("CONVERSATION_CREATED", {"id": "conv_1"}, None, b"")
    closed = {"id": "conv_1", "status": "CLOSED", "name": "Ann"}
    updated = callback_id("CONVERSATION_UPDATED", closed, "2026-11-20T14:00:00.000000Z", b"")
    expected = ("evt_d6aa0d3efa0d4224ea11444eb2efe01f", "evt_2cdfedff3edf710efed5c8391b0333bf")

    assert expected == (created, updated)
