"""What a relay sends, to whom, and what it does after a failure: over real sockets, checked as subscribers check it."""

import time

import pytest
from standardwebhooks import Webhook

from service.endpoints.secret import encode
from service.events.envelope import envelope
from tests.eventually import eventually
from tests.relay_case import RelayCase
from tests.routed_deliveries import SECRET
from tests.rules_of import rules_of
from tests.scripted_subscriber import Arrival
from tests.stored_events import entries
from tests.twilio_callbacks import communication, conversation, fixture_body, written

AT = "2026-11-20T14:{:02d}:00Z"


def verified(arrival: Arrival) -> dict[str, object]:
    """Return what a delivery says, once its signature is proved with the subscribers' own library."""
    found: dict[str, object] = Webhook(encode(SECRET)).verify(arrival.body, dict(arrival.headers))
    return found


def test_every_event_reaches_every_endpoint(case: RelayCase) -> None:
    """Once, signed, as Standard Webhooks has it, with the sequence that went before."""
    for name in ("a", "b"):
        case.add(f"ep_{name}", f"/{name}")
    with case.relay():
        events = case.append(*(communication(n) for n in range(40)))
        arrivals = {path: case.subscriber.expect(40, path) for path in ("/a", "/b")}
        eventually(lambda: not case.pending("ep_a") and not case.pending("ep_b"))

    for came in arrivals.values():
        came.sort(key=lambda arrival: arrival.event["sequence"])
        assert [event.id for event in events] == [verified(arrival)["id"] for arrival in came]
        assert [event.id for event in events] == [arrival.headers["webhook-id"] for arrival in came]
        assert [str(n) for n in range(40)] == [arrival.headers["webhook-previous-sequence"] for arrival in came]
        assert {"1"} == {arrival.headers["webhook-attempt"] for arrival in came}
    assert 80 == len(case.subscriber.arrivals)


def test_the_body_is_the_envelope_of_the_stored_event(case: RelayCase) -> None:
    """With Twilio's own bytes inside, and the headers of the wire format, and none beside them."""
    case.add("ep_a")
    with case.relay():
        (event,) = case.append(fixture_body("co-communication-created-whatsapp"))
        (arrival,) = case.subscriber.expect(1)
    own = {name for name in arrival.headers if name not in {"host", "content-length"}}

    assert envelope(event) == arrival.body
    assert {
        "content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature", "webhook-attempt",
        "webhook-previous-sequence",
    } == own  # fmt: skip


def test_an_event_without_conversation(case: RelayCase) -> None:
    """It goes through, and names no sequence."""
    case.add("ep_a")
    with case.relay():
        case.append(written("CALL_ENDED", {"id": "x"}, AT.format(1)))
        (arrival,) = case.subscriber.expect(1)

    assert ("orchestrator.call_ended", None) == (arrival.event["type"], arrival.event["sequence"])
    assert "webhook-previous-sequence" not in arrival.headers


def test_each_endpoint_gets_the_types_it_asked_for(case: RelayCase) -> None:
    """And sees by the previous sequence that nothing is missing between them."""
    case.add("ep_c", "/c", ["conversation.*"])
    case.add("ep_x", "/x", ["conversation.closed", "communication.created"])
    with case.relay():
        case.append(communication(1), conversation("INACTIVE", AT.format(2)))
        case.append(communication(2), conversation("CLOSED", AT.format(4)))
        got = {path: case.subscriber.expect(n, path) for path, n in (("/c", 2), ("/x", 3))}
    told = {
        path: sorted((a.event["sequence"], a.event["type"], a.headers["webhook-previous-sequence"]) for a in came)
        for path, came in got.items()
    }

    assert [(2, "conversation.inactivated", "0"), (4, "conversation.closed", "2")] == told["/c"]
    assert [
        (1, "communication.created", "0"), (3, "communication.created", "1"), (4, "conversation.closed", "3"),
    ] == told["/x"]  # fmt: skip


@pytest.mark.parametrize("answer", [500, 404, 301, (503, {"retry-after": "1"})])
def test_a_failed_delivery_is_sent_again(case: RelayCase, answer: int | tuple[int, dict[str, str]]) -> None:
    """Under the same id and with the same bytes, with a time, a signature and a number of its own."""
    case.add("ep_a")
    case.subscriber.answers.append(answer)
    with case.relay():
        (event,) = case.append(communication(1))
        (first,) = case.subscriber.expect(1)
        eventually(lambda: case.retries() == 1 and time.time() >= int(first.headers["webhook-timestamp"]) + 1)
        retrying = case.state(event, "ep_a")
        case.hurry()
        _, second = case.subscriber.expect(2)
        eventually(lambda: case.state(event, "ep_a") == "delivered")

    assert "retrying" == retrying
    assert first.body == second.body
    assert verified(first) == verified(second)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert ("1", "2") == (first.headers["webhook-attempt"], second.headers["webhook-attempt"])
    assert int(first.headers["webhook-timestamp"]) < int(second.headers["webhook-timestamp"])
    assert first.headers["webhook-previous-sequence"] == second.headers["webhook-previous-sequence"]


def test_every_attempt_is_recorded(case: RelayCase) -> None:
    """When it was, what was answered, how long it took."""
    case.add("ep_a")
    case.subscriber.answers += [500, 204]
    with case.relay():
        (event,) = case.append(communication(1))
        eventually(lambda: case.retries() == 1)
        case.hurry()
        eventually(lambda: case.state(event, "ep_a") == "delivered")
    record = case.redis.hgetall(case.keys.event_deliveries(event.id))

    assert {b"ep_a", b"ep_a:1", b"ep_a:2"} == set(record)
    assert b'"status":500' in record[b"ep_a:1"]
    assert b'"status":204' in record[b"ep_a:2"]


def test_the_last_failure_is_death_with_a_copy(case: RelayCase) -> None:
    """After the tenth attempt the delivery is dead, and owns its body."""
    case.add("ep_a")
    case.subscriber.answers.append(500)
    with case.relay():
        (event,) = case.append(communication(1))
        eventually(lambda: case.retries() == 1)
        case.redis.delete(case.keys.retries)
        case.subscriber.answers.append(500)
        case.redis.zadd(case.keys.retries, {f"ep_a|{event.entry_id}|{event.id}|0|10": 1})
        dead = eventually(lambda: case.dead(event, "ep_a"))

    assert ("dead", 0) == (case.state(event, "ep_a"), case.retries())
    assert "10 attempts failed, the last with status 500" == dead["reason"]
    assert "Text 1" in dead["body"]


def test_a_new_endpoint_gets_what_is_stored_from_now_on(case: RelayCase) -> None:
    """The very next event, however busy the relay is."""
    case.add("ep_a", "/a")
    with case.relay():
        case.append(communication(1))
        case.subscriber.expect(1, "/a")
        for number in range(2, 7):
            case.add(f"ep_{number}", f"/{number}")
            case.append(communication(number))
        for number in range(2, 7):
            eventually(lambda: set(range(number, 7)) <= case.subscriber.sequences(f"/{number}"))  # noqa: B023 - at once

    assert set(range(1, 7)) == case.subscriber.sequences("/a")


def test_a_new_endpoint_gets_nothing_that_was_routed_before(case: RelayCase) -> None:
    """What went out already is not sent to who comes later."""
    case.add("ep_a", "/a")
    with case.relay():
        case.append(communication(1))
        case.subscriber.expect(1, "/a")
        case.add("ep_b", "/b")
        case.append(communication(2))
        case.subscriber.expect(1, "/b")
        case.subscriber.expect(2, "/a")

    assert {2} == case.subscriber.sequences("/b")


def test_a_removed_endpoint_gets_nothing_more(case: RelayCase) -> None:
    """Neither new events nor the retry that was waiting; what was under way is not recorded for it."""
    case.add("ep_a", "/a")
    case.add("ep_b", "/b")
    case.subscriber.answers += [500, 500]
    with case.relay():
        case.append(communication(1))
        eventually(lambda: case.retries() == 2)
        case.remove("ep_a")
        case.hurry()
        case.append(communication(2))
        case.subscriber.expect(3, "/b")
        eventually(lambda: case.retries() == 0 and not case.pending("ep_b"))

    assert (1, 3) == (len(case.subscriber.at("/a")), len(case.subscriber.at("/b")))
    assert [] == case.redis.keys("*ep_a*")


def test_an_endpoint_removed_while_a_delivery_is_under_way(case: RelayCase) -> None:
    """The attempt ends, and leaves nothing of the endpoint in Redis."""
    case.add("ep_a", "/a")
    case.subscriber.waiting.add("/a")
    with case.relay() as relay:
        case.append(communication(1))
        case.subscriber.expect(1, "/a")
        case.remove("ep_a")
        case.subscriber.waiting.clear()
        relay.stop()

    assert [] == case.redis.keys("*ep_a*")


def test_a_dead_subscriber_holds_up_nobody(case: RelayCase) -> None:
    """While one does not answer, another one gets everything, at once."""
    case.add("ep_dead", "/dead")
    case.add("ep_b", "/b")
    case.subscriber.waiting.add("/dead")
    with case.relay():
        case.append(*(communication(n) for n in range(60)))
        case.subscriber.expect(60, "/b", 3)
        in_flight = case.pending("ep_dead")
        case.subscriber.waiting.clear()
        case.subscriber.expect(60, "/dead")

    # Not even its eight slots: it is not trusted before it has answered once.
    assert 1 == in_flight
    assert 120 == len(case.subscriber.arrivals)


def test_a_rule_becomes_an_intent(case: RelayCase) -> None:
    """In the same commit as the deliveries, once."""
    case.add("ep_a")
    with case.relay(rules=rules_of('[[close]]\nwhen = "conversation.inactivated"')):
        events = case.append(*(conversation(status, AT.format(n)) for n, status in enumerate(("INACTIVE", "INACTIVE"))))
        case.subscriber.expect(2)
    (intent,) = entries(case.redis, case.keys.intents)

    assert (b"close", f"close-{events[0].id}".encode()) == (intent[b"kind"], intent[b"job"])
