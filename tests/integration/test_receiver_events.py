"""Recorded and made callbacks, signed and sent to a real receiver: what is answered and what is stored."""

import pytest
from redis import Redis

from service.store.keys import Keys
from tests.real_receiver import RealReceiver
from tests.stored_events import counted, stored_events, stored_types
from tests.twilio_callbacks import (
    OTHER_ACCOUNT,
    OTHER_TOKEN,
    Signed,
    communication,
    conversation,
    fixture,
    fixture_body,
    fixture_names,
    signed,
)

SMS = "co-communication-created-sms-inbound"


def recorded(name: str) -> Signed:
    """Return a recorded callback as it was sent, signed."""
    said = fixture(name)
    if said["method"] != "POST":
        return Signed("/twilio/orchestrator", said["body"].encode(), said["headers"], said["method"])
    return signed(fixture_body(name), **{n.replace("-", "_").lower(): v for n, v in said["headers"].items()})


@pytest.mark.parametrize("name", fixture_names())
@pytest.mark.usefixtures("redis_url")
def test_recorded_callbacks_are_answered_as_suits_twilio(receiver: RealReceiver, name: str) -> None:
    """Each gets one of the statuses that stand in it, and an empty body or an error in JSON."""
    answer = receiver.send(recorded(name))

    assert answer.status_code in fixture(name)["expect"]["status"]
    assert (answer.content == b"") == answer.is_success


def test_every_recorded_callback_is_stored(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """All in one log: as many events as there are different ones, each with Twilio's own object."""
    names = [name for name in fixture_names() if not name.startswith(("co-bad", "co-get"))]
    for name in names:
        receiver.send(recorded(name))
    events = stored_events(sync_redis, keys)

    assert len(names) - 2 == len(events) == len({event.id for event in events})
    assert all(any(event.data in fixture_body(name) for name in names) for event in events)


@pytest.mark.parametrize("again", [SMS, f"{SMS}-redelivered", f"{SMS}-second-callback"])
def test_a_repeated_callback_is_stored_once(receiver: RealReceiver, sync_redis: Redis, keys: Keys, again: str) -> None:
    """It is answered as the first was, and counted as a duplicate."""
    answers = [receiver.send(recorded(name)).status_code for name in (SMS, again)]

    assert [204, 204] == answers
    assert (1, 1, 1) == (
        len(stored_events(sync_redis, keys)), counted(sync_redis, keys, "received"),
        counted(sync_redis, keys, "duplicates"),
    )  # fmt: skip


def test_a_late_state_is_stored_as_late(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """IN_PROGRESS after DELIVERED goes through, and says that it had been overtaken."""
    for name in ("co-communication-updated-delivered", "co-communication-updated-in-progress-late"):
        receiver.send(recorded(name))

    assert [False, True] == [event.late for event in stored_events(sync_redis, keys)]


def test_events_are_named_after_transitions(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """A conversation that sleeps, wakes, sleeps again and ends; a repeat and a rename are plain updates."""
    states: list[tuple[str, dict[str, str]]] = [
        ("INACTIVE", {}), ("ACTIVE", {}), ("INACTIVE", {}), ("INACTIVE", {"name": "Ann"}), ("CLOSED", {}),
        ("CLOSED", {}),
    ]  # fmt: skip
    receiver.post(conversation("ACTIVE", kind="CONVERSATION_CREATED"))
    for minute, (status, more) in enumerate(states, start=1):
        receiver.post(conversation(status, f"2026-11-20T14:{minute:02d}:00Z", **more))

    expected = ["created", "inactivated", "reactivated", "inactivated", "updated", "closed", "updated"]
    assert [f"conversation.{name}" for name in expected] == stored_types(sync_redis, keys)


def test_an_unknown_type_goes_through(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """What Twilio may send one day is stored under its own name."""
    receiver.send(recorded("co-unknown-event-type"))

    assert ["orchestrator.conversation_archived"] == stored_types(sync_redis, keys)


def test_a_conversation_counts_its_events(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """From 1 in the order of storage, each conversation by itself."""
    for number, name in enumerate(["a", "b", "a", "a", "b"]):
        receiver.post(communication(number, conversation_id=f"conv_{name}"))

    expected = [("conv_a", 1), ("conv_b", 1), ("conv_a", 2), ("conv_a", 3), ("conv_b", 2)]
    assert expected == [(event.conversation_id, event.sequence) for event in stored_events(sync_redis, keys)]


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=utf-8", "application/json ;x=y"]
)
def test_spellings_of_the_content_type(
    receiver: RealReceiver, sync_redis: Redis, keys: Keys, content_type: str
) -> None:
    """JSON is JSON with a character set, too."""
    answer = receiver.send(signed(communication(1), content_type=content_type))

    assert (204, 1) == (answer.status_code, len(stored_events(sync_redis, keys)))


def test_both_configured_keys_prove(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """A subaccount's events are signed with its own token."""
    body = conversation("CLOSED", accountId=OTHER_ACCOUNT)

    assert 204 == receiver.send(signed(body, token=OTHER_TOKEN)).status_code
    assert [OTHER_ACCOUNT] == [event.account_id for event in stored_events(sync_redis, keys)]
