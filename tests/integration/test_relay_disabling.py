"""Endpoints that are disabled by what they answer, by their failures or by hand; and what they find when enabled."""

import time
from typing import Any

import pytest

from service.endpoints.endpoint import Disabled
from tests.eventually import eventually
from tests.relay_case import RelayCase
from tests.scripted_subscriber import Answer, Arrival
from tests.twilio_callbacks import communication

OFF = Disabled("by_hand", 1)
HOUR = 3_600_000


def told(case: RelayCase, number: int, path: str = "/ops") -> list[tuple[str, dict[str, Any]]]:
    """Return type and data of what came to the endpoint for operational events, once there are so many."""
    return [(each.event["type"], each.event["data"]) for each in case.subscriber.expect(number, path)]


def order(arrivals: list[Arrival]) -> list[tuple[int, str]]:
    """Return the sequence of each arrival and the one it names as sent before."""
    return [(each.event["sequence"], each.headers["webhook-previous-sequence"]) for each in arrivals]


def communications(case: RelayCase, path: str) -> list[Arrival]:
    """Return the messages that came to a path."""
    return [each for each in case.subscriber.at(path) if each.event["type"] == "communication.created"]


def missed(case: RelayCase, name: str = "ep_a") -> int:
    """Return how many events an endpoint is known to have missed."""
    return int(case.redis.zcard(case.keys.skipped(name)))


@pytest.mark.parametrize(
    ("answer", "reason", "first"),
    [
        (410, "gone", "dead"),
        ((500, {"webhook-delivery": "disable"}), "asked", "dead"),
        ((204, {"webhook-delivery": "disable"}), "asked", "delivered"),
    ],
)
def test_an_answer_that_ends_an_endpoint(case: RelayCase, answer: Answer, reason: str, first: str) -> None:
    """It is disabled, and that is told to others; what comes later is skipped, and remembered with its filter."""
    case.add("ep_ops", "/ops", ["endpoint.*"])
    case.add("ep_a", "/a", ["communication.*"])
    case.subscriber.always["/a"] = answer
    with case.relay():
        (event,) = case.append(communication(1))
        ((kind, data),) = told(case, 1)
        disabled = case.endpoint("ep_a").disabled
        eventually(lambda: case.state(event, "ep_a") == first)
        later = case.append(*(communication(n) for n in range(2, 5)))
        eventually(lambda: missed(case) == 3)
    assert disabled

    assert (reason, "endpoint.disabled") == (disabled.reason, kind)
    assert ("ep_a", reason) == (data["endpoint_id"], data["reason"])
    assert ["skipped:disabled"] * 3 == [case.state(each, "ep_a") for each in later]
    assert [b"communication.*"] * 3 == [
        case.redis.hget(case.keys.event_deliveries(each.id), "ep_a:filter") for each in later
    ]
    assert (1, 1) == (len(case.subscriber.at("/a")), len(case.subscriber.at("/ops")))


def test_what_waits_for_it_is_skipped(case: RelayCase) -> None:
    """In its stream at once, between two attempts when the next is due; what is under way is let finish."""
    case.add("ep_a", "/a")
    case.subscriber.always["/a"] = 500
    with case.relay():
        (retried,) = case.append(communication(1))
        eventually(lambda: case.retries() == 1)
        case.subscriber.waiting.add("/a")
        events = case.append(*(communication(n) for n in range(2, 30)))
        case.subscriber.expect(9, "/a")
        case.change("ep_a", disabled=OFF)
        eventually(lambda: missed(case) == 20)
        case.subscriber.always.clear()
        case.subscriber.waiting.clear()
        eventually(lambda: case.retries() == 9)
        case.hurry()
        eventually(lambda: missed(case) == 29)
        eventually(lambda: case.queued("ep_a") == 0)

    assert {"skipped:disabled"} == {case.state(event, "ep_a") for event in (retried, *events)}
    assert (0, 9) == (case.retries(), len(case.subscriber.at("/a")))


@pytest.mark.parametrize("ordered", [False, True])
def test_enabled_again(case: RelayCase, ordered: bool) -> None:  # noqa: FBT001 - a parameter
    """It gets what comes from then on, sees by the previous sequence what it missed, and can have that again."""
    case.add("ep_a", "/a", ordered=ordered)
    with case.relay():
        case.append(communication(1))
        case.subscriber.expect(1, "/a")
        case.change("ep_a", disabled=OFF)
        gone = case.append(*(communication(n) for n in range(2, 5)))
        eventually(lambda: missed(case) == 3)
        case.change("ep_a", disabled=None, enabled_at=int(time.time() * 1000))
        case.append(communication(5))
        gap = order(case.subscriber.expect(2, "/a"))
        again = case.redeliver("ep_a", *gone)
        arrivals = case.subscriber.expect(5 + 1, "/a")
        eventually(lambda: {case.state(event, "ep_a") for event in gone} == {"delivered"})
    replayed = [each for each in arrivals[2:] if each.event["type"] == "communication.created"]

    assert [(1, "0"), (5, "4")] == gap
    assert (3, 0) == (again, missed(case))
    assert {event.id for event in gone} == {each.headers["webhook-id"] for each in replayed}
    assert {1} == {each.attempt for each in replayed}
    assert not ordered or [2, 3, 4] == [each.event["sequence"] for each in replayed]


def test_the_end_of_a_disabled_time_is_told(case: RelayCase) -> None:
    """`endpoint.disabled` and `endpoint.recovered`, each once, whoever did it and however many relays see it."""
    case.add("ep_ops", "/ops", ["endpoint.*"])
    case.add("ep_a", "/a", ["communication.*"])
    now = int(time.time() * 1000)
    changes = [(Disabled("by_hand", now), 0), (None, now + 1), (Disabled("by_hand", now + 2), now + 1)]
    with case.relay("relay-a"), case.relay("relay-b"):
        for number, (disabled, enabled_at) in enumerate(changes, start=1):
            case.change("ep_a", disabled=disabled, enabled_at=enabled_at)
            # Whoever routes an event learns of a change at once.
            case.append(communication(number))
            told(case, number)
    kinds = [kind for kind, _ in told(case, 3)]

    assert ["endpoint.disabled", "endpoint.recovered", "endpoint.disabled"] == kinds


@pytest.mark.parametrize(("retention", "hours"), [("7d", 25), ("1h", 2)])
def test_what_was_told_is_not_told_by_the_next_relay(case: RelayCase, retention: str, hours: int) -> None:
    """Nor is what was told so long ago that the log may have forgotten it."""
    case.add("ep_ops", "/ops", ["endpoint.*", "communication.*"])
    now = int(time.time() * 1000)
    case.add("ep_new", "/new", disabled=Disabled("by_hand", now))
    case.add("ep_old", "/old", disabled=Disabled("by_hand", now - hours * HOUR))
    for number, name in enumerate(("relay-a", "relay-b"), start=1):
        with case.relay(name, event_retention=retention):
            told(case, number)
            case.append(communication(number))
            eventually(lambda: len(communications(case, "/ops")) == number)  # noqa: B023 - at once
    said = [each.event["data"].get("endpoint_id") for each in case.subscriber.at("/ops")]

    assert ["ep_new"] == [each for each in said if each]


@pytest.mark.parametrize("answer", [500, 429, 302])
def test_a_message_that_is_not_wanted_again(case: RelayCase, answer: int) -> None:
    """`abort-message` makes its delivery dead at once, and nothing else."""
    case.add("ep_a", "/a")
    case.subscriber.answers.append((answer, {"webhook-delivery": "abort-message"}))
    with case.relay():
        events = case.append(communication(1), communication(2))
        eventually(lambda: {"dead", "delivered"} == {case.state(each, "ep_a") for each in events})
    (aborted,) = (each for each in events if case.state(each, "ep_a") == "dead")

    assert "the subscriber answered abort-message" == case.dead(aborted, "ep_a")["reason"]
    assert (None, 0) == (case.endpoint("ep_a").disabled, case.retries())


def failing_for(case: RelayCase, hours: int, name: str = "ep_a") -> None:
    """Let an endpoint have failed for so many hours, without a success."""
    since = int(time.time() * 1000) - hours * HOUR
    for field, value in {"failures": 40, "first_failure": since, "last_success": since}.items():
        case.redis.hset(case.keys.endpoint_health(name), field, str(value))


def test_the_way_to_being_disabled(case: RelayCase) -> None:
    """It is told at 50, 70 and 90 per cent of it, once each, and then it is disabled."""
    case.add("ep_ops", "/ops", ["endpoint.*"])
    case.add("ep_a", "/a", ["communication.*"], created_at=1)
    case.subscriber.always["/a"] = 500
    numbers = iter(range(100))
    with case.relay("relay-a"), case.relay("relay-b"):
        for count, hours in enumerate((61, 85, 109, 121), start=1):
            failing_for(case, hours)
            case.append(communication(next(numbers)), communication(next(numbers)))
            told(case, count)
        said = told(case, 4)
    disabled = case.endpoint("ep_a").disabled
    assert disabled

    assert ["endpoint.failing"] * 3 + ["endpoint.disabled"] == [kind for kind, _ in said]
    assert [50, 70, 90, None] == [data.get("percent") for _, data in said]
    assert {"ep_a"} == {data["endpoint_id"] for _, data in said}
    assert "failing" == disabled.reason
    assert 4 == len(case.subscriber.at("/ops"))


def test_a_warned_endpoint_recovers(case: RelayCase) -> None:
    """The first success after a warning is told, once; after that it has all its time again."""
    case.add("ep_ops", "/ops", ["endpoint.*"])
    case.add("ep_a", "/a", ["communication.*"], created_at=1)
    case.subscriber.always["/a"] = 500
    with case.relay("relay-a"), case.relay("relay-b"):
        failing_for(case, 70)
        case.append(communication(1))
        told(case, 1)
        eventually(lambda: case.health("ep_a").get("warned") == 50)
        case.subscriber.always.clear()
        case.append(*(communication(n) for n in range(2, 12)))
        (_, (kind, data)) = told(case, 2)
        eventually(lambda: "warned" not in case.health("ep_a"))
        case.subscriber.always["/a"] = 500
        case.append(communication(12))
        eventually(lambda: case.health("ep_a").get("failures") == 1)

    assert ("endpoint.recovered", "ep_a") == (kind, data["endpoint_id"])
    assert 2 == len(case.subscriber.at("/ops"))
    assert 0 == case.health("ep_a").get("warned", 0)


def test_an_endpoint_without_a_warning_does_not_recover(case: RelayCase) -> None:
    """A failure now and then is nothing to tell."""
    case.add("ep_ops", "/ops", ["*"])
    case.add("ep_a", "/a", ["communication.*"])
    with case.relay():
        for number in range(1, 5):
            case.subscriber.always["/a"] = 500 if number % 2 else 204
            (event,) = case.append(communication(number))
            eventually(lambda: case.state(event, "ep_a") in {"retrying", "delivered"})  # noqa: B023 - at once
        case.subscriber.expect(4, "/ops")

    assert ["communication.created"] * 4 == [each.event["type"] for each in case.subscriber.at("/ops")]
    assert {"last_success"} == case.health("ep_a").keys()
