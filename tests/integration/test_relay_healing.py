"""A relay whose Redis dies, forgets or drops its connections: it goes on by itself, and no event is lost."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from service.store.keys import Keys
from tests.eventually import eventually
from tests.real_redis import RealRedis
from tests.relay_case import RelayCase
from tests.scripted_subscriber import scripted_subscriber
from tests.twilio_callbacks import communication


@pytest.fixture
def own_case(own_redis: RealRedis, keys: Keys) -> Iterator[RelayCase]:
    """Return a case on a Redis that may be killed."""
    with Redis.from_url(own_redis.url) as redis, scripted_subscriber() as subscriber:
        yield RelayCase(own_redis.url, redis, keys, subscriber)


def waiting(case: RelayCase, stream: str) -> list[tuple[bytes, object]]:
    """Return the entries of a stream."""
    found: Any = case.redis.xrange(stream)
    return list(found)


def test_redis_is_killed_and_started_again(own_redis: RealRedis, own_case: RelayCase) -> None:
    """What was stored, routed, in flight and waiting for a retry arrives; what comes later, too."""
    case = own_case
    case.add("ep_a", "/a")
    case.add("ep_b", "/b")
    case.subscriber.answers.append(500)
    with case.relay():
        events = case.append(communication(1))
        eventually(lambda: case.retries() == 1)
        case.subscriber.waiting.add("/a")
        events += case.append(*(communication(n) for n in range(2, 32)))
        case.subscriber.expect(8, "/a")
        own_redis.kill()
        case.subscriber.waiting.clear()
        own_redis.start()
        case.hurry()
        events += case.append(communication(32))
        expected = set(range(1, 33))
        eventually(lambda: all(expected == case.subscriber.sequences(path) for path in ("/a", "/b")), 10)
        eventually(lambda: not case.retries() and not case.pending("ep_a") and not case.pending("ep_b"), 10)

    assert ["delivered"] * 64 == [case.state(event, name) for event in events for name in ("ep_a", "ep_b")]


def test_dropped_connections(case: RelayCase) -> None:
    """All of them at once, the one that listens too."""
    case.add("ep_a")
    with case.relay("relay-a"), case.relay("relay-b"):
        case.append(communication(1))
        case.subscriber.expect(1)
        for kind in ("normal", "pubsub"):
            case.redis.client_kill_filter(_type=kind, skipme=True)
        case.append(*(communication(n) for n in range(2, 50)))

        assert eventually(lambda: set(range(1, 50)) == case.subscriber.sequences("/"))


def test_forgotten_scripts(case: RelayCase) -> None:
    """They are loaded again."""
    case.add("ep_a")
    with case.relay():
        for number in range(1, 6):
            case.redis.script_flush()
            case.append(communication(number))
            case.subscriber.expect(number)

    assert {1, 2, 3, 4, 5} == case.subscriber.sequences("/")


def test_a_lost_answer(case: RelayCase) -> None:
    """Deliveries that Redis gave to this relay, and that it does not know of, are found and sent."""
    case.add("ep_a")
    with case.relay():
        (event,) = case.append(communication(1))
        case.subscriber.expect(1)
        eventually(lambda: case.pending("ep_a") == 0)
        stream = case.keys.deliveries("ep_a")
        case.redis.xadd(stream, {"e": event.entry_id, "i": event.id, "p": "0", "n": "1"})
        case.redis.xreadgroup("relay", "relay-a", {stream: ">"})
        ((token, _),) = waiting(case, stream)
        case.redis.xclaim(stream, "relay", "relay-a", 0, [token], idle=60_000, justid=True)
        case.subscriber.expect(2)
        eventually(lambda: case.pending("ep_a") == 0)

    assert {1} == case.subscriber.sequences("/")


def test_a_log_that_cannot_be_read_for_a_while(case: RelayCase) -> None:
    """What was taken while the bodies could not be had is not forgotten."""
    case.add("ep_a")
    events = case.append(communication(1))
    stream = case.keys.deliveries("ep_a")
    case.redis.set(case.keys.routing_cursor, events[0].entry_id)
    case.redis.xadd(stream, {"e": events[0].entry_id, "i": events[0].id, "p": "0", "n": "1"})
    case.redis.rename(case.keys.events, "aside")
    case.redis.set(case.keys.events, "no stream")
    with case.relay():
        eventually(lambda: case.pending("ep_a") == 1)
        case.redis.rename("aside", case.keys.events)
        ((token, _),) = waiting(case, stream)
        case.redis.xclaim(stream, "relay", "relay-a", 0, [token], idle=60_000, justid=True)
        case.subscriber.expect(1, seconds=8)

    assert {1} == case.subscriber.sequences("/")
