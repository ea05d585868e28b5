"""Ordered endpoints: one conversation's events strictly by sequence and one at a time, whatever becomes of each."""

from collections import defaultdict
from typing import Any

import pytest

from service.store.keys import Keys
from tests.eventually import eventually
from tests.relay_case import RelayCase
from tests.scripted_subscriber import Arrival
from tests.twilio_callbacks import communication, written


def conversation_id(number: int) -> str:
    """Return the id of a conversation of these tests."""
    return f"conv_conversation_{number:026d}"


def message(conversation: int, number: int) -> bytes:
    """Return a message of a conversation."""
    return communication(1000 * conversation + number, conversation_id=conversation_id(conversation))


def by_conversation(arrivals: list[Arrival]) -> dict[str, list[int]]:
    """Return the sequences that arrived of each conversation, in the order of their arrival."""
    found: dict[str, list[int]] = defaultdict(list)
    for arrival in arrivals:
        found[arrival.event["conversation_id"]].append(arrival.event["sequence"])
    return found


def left(case: RelayCase, keys: Keys) -> int:
    """Return how many keys of lines and turns the endpoint of these tests has."""
    return case.redis.exists(keys.ordered("ep_a"), keys.turns("ep_a"))


def test_each_conversation_by_sequence_and_one_at_a_time(case: RelayCase, keys: Keys) -> None:
    """Two relays and more conversations than slots: different ones go at once, and in the end no line is left."""
    case.add("ep_a", "/a", ordered=True)
    case.add("ep_b", "/b")
    case.subscriber.answers_in = 0.005
    with case.relay("relay-a"), case.relay("relay-b"):
        for number in range(20):
            case.append(*(message(conversation, number) for conversation in range(30)))
        arrivals = case.subscriber.expect(600, "/a", 20)
        case.subscriber.expect(600, "/b", 20)
        eventually(lambda: case.queued("ep_a") == 0)

    assert {conversation_id(n): list(range(1, 21)) for n in range(30)} == by_conversation(arrivals)
    assert {arrival.event["sequence"] - 1 for arrival in arrivals} == {
        int(arrival.headers["webhook-previous-sequence"]) for arrival in arrivals
    }
    assert case.subscriber.crowd["/a"] > 1
    assert 0 == left(case, keys)


def test_one_at_a_time(case: RelayCase) -> None:
    """While the first of a conversation is under way the others stand in line; another conversation does not wait."""
    case.add("ep_a", "/a", ordered=True)
    case.subscriber.waiting.add("/a")
    with case.relay("relay-a"), case.relay("relay-b"):
        case.append(*(message(0, n) for n in range(5)), *(message(1, n) for n in range(5)))
        case.subscriber.expect(2, "/a")
        eventually(lambda: case.redis.zcard(case.keys.ordered("ep_a")) == 8)
        under_way = (len(case.subscriber.at("/a")), case.pending("ep_a"))
        case.subscriber.waiting.clear()
        arrivals = case.subscriber.expect(10, "/a")

    assert (2, 2) == under_way
    assert {conversation_id(n): [1, 2, 3, 4, 5] for n in (0, 1)} == by_conversation(arrivals)


def test_a_failure_holds_back_its_own_conversation_alone(case: RelayCase) -> None:
    """Until its retry has arrived; another conversation goes on meanwhile, and so do events of none."""
    case.add("ep_a", "/a", ordered=True)
    case.subscriber.answers.append(500)
    with case.relay():
        first, *_ = case.append(message(0, 0))
        eventually(lambda: case.retries() == 1)
        case.append(*(message(0, n) for n in range(1, 4)), *(message(1, n) for n in range(4)))
        case.append(written("CALL_ENDED", {"id": "x"}, "2026-11-20T14:00:00Z"))
        meanwhile = case.subscriber.expect(1 + 4 + 1, "/a")
        state = case.state(first, "ep_a")
        case.hurry()
        arrivals = case.subscriber.expect(6 + 4, "/a")

    assert ("retrying", 1) == (state, len([each for each in meanwhile if each.status == 500]))
    assert [1] == by_conversation(meanwhile)[conversation_id(0)]
    assert [1, 1, 2, 3, 4] == by_conversation(arrivals)[conversation_id(0)]
    assert [1, 2, 3, 4] == by_conversation(arrivals)[conversation_id(1)]
    assert [1, 2, 1, 1, 1] == [each.attempt for each in arrivals if each.event["conversation_id"] == conversation_id(0)]


@pytest.mark.parametrize("how", ["its event is gone", "it kills its relays"])
def test_what_dies_by_our_fault_is_passed_over(case: RelayCase, keys: Keys, how: str) -> None:
    """And named by the next one as what went before it."""
    case.add("ep_a", "/a", ordered=True)
    case.subscriber.waiting.add("/a")
    with case.relay("relay-a") as relay:
        events = case.append(*(message(0, n) for n in range(4)))
        case.subscriber.expect(1, "/a")
        relay.die(case.redis)
        if how == "its event is gone":
            case.redis.xdel(case.keys.events, events[0].entry_id)
        else:
            stream: Any = case.redis.xrange(case.keys.deliveries("ep_a"))
            for name in ("dead-1", "dead-2"):
                case.redis.xclaim(case.keys.deliveries("ep_a"), "relay", name, 0, [stream[0][0]])
                case.redis.zadd(case.keys.relays, {name: 1})
        case.subscriber.waiting.clear()
        with case.relay("relay-b"):
            eventually(lambda: case.state(events[-1], "ep_a") == "delivered")
            states = [case.state(event, "ep_a") for event in events]
    came = [(each.event["sequence"], each.headers["webhook-previous-sequence"]) for each in case.subscriber.at("/a")]

    assert [(1, "0"), (2, "1"), (3, "2"), (4, "3")] == came
    assert ["dead", *["delivered"] * 3] == states
    assert 0 == left(case, keys)


def test_what_the_subscriber_refuses_is_passed_over(case: RelayCase, keys: Keys) -> None:
    """The next one says so; redelivered it comes in its place before what is new."""
    case.add("ep_a", "/a", ordered=True)
    case.subscriber.answers += [204, (500, {"webhook-delivery": "abort-message"})]
    with case.relay():
        events = case.append(*(message(0, n) for n in range(3)))
        case.subscriber.expect(3, "/a")
        eventually(lambda: case.state(events[-1], "ep_a") == "delivered")
        states = [case.state(event, "ep_a") for event in events]
        case.subscriber.waiting.add("/a")
        case.append(message(0, 3))
        case.subscriber.expect(4, "/a")
        case.append(message(0, 4))
        eventually(lambda: case.redis.zcard(case.keys.ordered("ep_a")) == 1)
        case.redeliver("ep_a", events[1])
        case.subscriber.waiting.clear()
        arrivals = case.subscriber.expect(6, "/a")
        eventually(lambda: case.queued("ep_a") == 0)

    assert ["delivered", "dead", "delivered"] == states
    assert [(1, "0"), (2, "1"), (3, "2"), (4, "3")] == [
        (each.event["sequence"], each.headers["webhook-previous-sequence"]) for each in arrivals[:4]
    ]
    assert [2, 5] == [each.event["sequence"] for each in arrivals[4:]]
    assert 0 == left(case, keys)


def test_order_outlives_a_relay(case: RelayCase, keys: Keys) -> None:
    """One that dies amid its work is replaced; what it had sent may come again, and still nothing overtakes."""
    case.add("ep_a", "/a", ordered=True)
    with case.relay("relay-a") as first, case.relay("relay-b"):
        for number in range(10):
            if number == 4:
                case.subscriber.waiting.add("/a")
            case.append(*(message(conversation, number) for conversation in range(10)))
            if number == 4:
                eventually(lambda: case.subscriber.under_way["/a"] >= 8)
                first.die(case.redis)
                case.subscriber.waiting.clear()
        eventually(
            lambda: sum(len(set(each)) for each in by_conversation(case.subscriber.at("/a")).values()) == 100, 15
        )
        eventually(lambda: case.queued("ep_a") == 0)
        came = by_conversation(case.subscriber.at("/a"))
    firsts = {name: list(dict.fromkeys(sequences)) for name, sequences in came.items()}

    assert {conversation_id(n): list(range(1, 11)) for n in range(10)} == firsts
    assert 0 == left(case, keys)


def test_an_endpoint_that_becomes_ordered_and_ceases_to_be(case: RelayCase, keys: Keys) -> None:
    """Nothing is lost or left in a line by that."""
    case.add("ep_a", "/a")
    with case.relay():
        case.trust("/a")
        case.subscriber.waiting.add("/a")
        case.append(*(message(0, n) for n in range(10)))
        case.subscriber.expect(8, "/a")
        case.change("ep_a", ordered=True)
        case.append(*(message(0, n) for n in range(10, 20)))
        eventually(lambda: case.redis.zcard(case.keys.ordered("ep_a")) == 9)
        case.change("ep_a", ordered=False)
        case.append(*(message(0, n) for n in range(20, 30)))
        eventually(lambda: case.queued("ep_a") == 10 + 1 + 10)
        case.subscriber.waiting.clear()
        arrivals = case.subscriber.expect(30, "/a")
        eventually(lambda: case.queued("ep_a") == 0)

    in_line = [each for each in by_conversation(arrivals)[conversation_id(0)] if 10 < each <= 20]
    assert set(range(1, 31)) == case.subscriber.sequences("/a")
    assert list(range(11, 21)) == in_line
    assert 0 == left(case, keys)
