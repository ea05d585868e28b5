"""A resource of REST becomes the very event that a callback would have made of it."""

import json
from typing import Any

import pytest

from service.events.event import Event
from service.twilio.callbacks import parse
from service.twilio.reconstruction import Found, Kind, creation, found, latest
from tests.twilio_callbacks import ACCOUNT, CONVERSATION, fixture_body, fixture_names

NOW = 1_795_000_000_000
KINDS: dict[str, Kind] = {
    "CONVERSATION": "conversation",
    "PARTICIPANT": "participant",
    "COMMUNICATION": "communication",
}
TOLD = [
    name
    for name in fixture_names()
    if name.startswith(("co-conversation", "co-participant", "co-communication")) and "removed" not in name
]
TIMES = {"createdAt": "2026-11-20T14:03:10.114Z", "updatedAt": "2026-11-20T14:03:12Z"}


def shown(kind: Kind, **members: object) -> Found:
    """Return a resource of REST with these members."""
    one = found(kind, {"id": "one", **members}, CONVERSATION, ACCOUNT)
    assert one
    return one


def rebuilt(body: bytes, **more: Any) -> Event | None:  # noqa: ANN401 - any JSON
    """Return the event that REST leads to, where a callback has told of a resource in this state."""
    callback = json.loads(body)
    kind = KINDS[callback["eventType"].partition("_")[0]]
    raw = {name: value for name, value in callback["data"].items() if name not in {"accountId", "conversationId"}}
    one = found(kind, {**raw, **more}, callback["data"].get("conversationId", ""), ACCOUNT)
    assert one
    return latest(one, NOW) if callback["eventType"].endswith("_UPDATED") else creation(one, NOW)


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("more", [{}, {"serviceId": "IS1"}])
def test_rest_and_callback_lead_to_the_same_event(name: str, more: dict[str, str]) -> None:
    """Id, kind, names, words, resource and conversation; the account where the answer leaves it out."""
    told, made = parse(fixture_body(name), NOW), rebuilt(fixture_body(name), **more)
    same = ("id", "kind", "names", "words", "resource_id", "conversation_id", "account_id")

    assert made
    assert "reconciliation" == made.source
    assert [getattr(told, each) for each in same] == [getattr(made, each) for each in same]


@pytest.mark.parametrize("name", [name for name in TOLD if "-updated" in name])
def test_the_state_is_the_same_too(name: str) -> None:
    """Status and version, and the whole of the data."""
    told, made = parse(fixture_body(name), NOW), rebuilt(fixture_body(name))

    assert made
    assert (told.status, told.version) == (made.status, made.version)
    assert json.loads(told.data) == json.loads(made.data)


def test_a_creation_is_told_as_it_was() -> None:
    """A conversation is born ACTIVE, at its time; what it is now is told by its latest state."""
    one = shown("conversation", status="CLOSED", **TIMES)
    born, now = creation(one, NOW), latest(one, NOW)

    assert born
    assert now
    assert ("ACTIVE", "2026-11-20T14:03:10.114000Z", TIMES["createdAt"]) == (born.status, born.version, born.timestamp)
    assert ("CLOSED", "2026-11-20T14:03:12.000000Z", TIMES["updatedAt"]) == (now.status, now.version, now.timestamp)


def test_times_by_their_other_names_are_the_same() -> None:
    """`dateCreated` and `dateUpdated` are what some answers call them."""
    other = {"dateCreated": TIMES["createdAt"], "dateUpdated": TIMES["updatedAt"]}
    one, same = shown("participant", name="Ann", **other), shown("participant", name="Ann", **TIMES)

    assert latest(same, NOW) is not None
    assert (one.created_at, one.updated_at) == (same.created_at, same.updated_at)
    assert getattr(latest(one, NOW), "id", None) == getattr(latest(same, NOW), "id", "")


def test_what_has_no_time_is_told_with_ours() -> None:
    """A resource may leave out all of its times."""
    made = creation(shown("communication"), NOW)

    assert made
    assert ("2026-11-18T11:06:40.000Z", None) == (made.timestamp, shown("communication").created_at)


@pytest.mark.parametrize("members", [{"id": None}, {"id": 7}, {"id": "x" * 200}])
def test_what_has_no_usable_id_is_passed_over(members: dict[str, object]) -> None:
    """Nothing could be told of it, and no key made."""
    assert None is found("participant", members, CONVERSATION, ACCOUNT)


def test_what_no_callback_could_tell_is_passed_over() -> None:
    """An answer whose ids are too long for keys."""
    one = found("participant", {"id": "one", "conversationId": "x" * 200}, CONVERSATION, ACCOUNT)

    assert one
    assert (None, None) == (creation(one, NOW), latest(one, NOW))


def test_a_resource_keeps_quiet_about_people() -> None:
    """Its `repr` holds neither text nor name."""
    assert "Found(participant one)" == repr(shown("participant", name="Ann"))
