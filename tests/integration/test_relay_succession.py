"""Several relays: one routes, all deliver; who dies or stalls is replaced, and who leaves leaves nothing behind."""

import asyncio
import time
from typing import Any

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from service.rules.rules import Rules
from service.store.keys import Keys
from service.store.secrets import Sealer
from tests.eventually import eventually
from tests.hermetic_settings import hermetic_settings
from tests.relay_case import RelayCase
from tests.routed_deliveries import SECRET_KEY
from tests.twilio_callbacks import communication
from workers import relay


def lease(case: RelayCase) -> bytes | None:
    """Return who routes."""
    found: Any = case.redis.get(case.keys.routing_lease)
    return bytes(found) if found else None


def test_two_relays_deliver_once(case: RelayCase) -> None:
    """Together they send each event one time."""
    case.add("ep_a")
    with case.relay("relay-a"), case.relay("relay-b"):
        case.append(*(communication(n) for n in range(200)))
        arrivals = case.subscriber.expect(200)
        eventually(lambda: case.pending("ep_a") == 0)

    assert list(range(1, 201)) == sorted(arrival.event["sequence"] for arrival in arrivals)


def test_a_dead_relay_is_replaced(case: RelayCase) -> None:
    """Another one routes on, and sends what the dead one held, under the same id, as the same attempt."""
    case.add("ep_a", "/a")
    case.subscriber.waiting.add("/a")
    with case.relay("relay-a") as first:
        held, *_ = case.append(communication(1))
        case.subscriber.expect(1, "/a")
        first.die(case.redis)
        case.subscriber.waiting.clear()
        with case.relay("relay-b"):
            case.append(communication(2))
            arrivals = case.subscriber.expect(3, "/a")
            eventually(lambda: case.state(held, "ep_a") == "delivered" and case.pending("ep_a") == 0)
            buried = eventually(lambda: case.redis.zrange(case.keys.relays, 0, -1) == [b"relay-b"])
            routing = lease(case)

    assert [1, 1, 2] == sorted(arrival.event["sequence"] for arrival in arrivals)
    assert {"1"} == {arrival.headers["webhook-attempt"] for arrival in arrivals}
    assert (True, b"relay-b") == (buried, routing)


def test_a_stalled_relay_commits_nothing_that_was_taken_over(case: RelayCase) -> None:
    """It comes back, finds its delivery settled and the cursor moved, and leaves both as they are."""
    case.add("ep_a", "/a")
    case.subscriber.waiting.add("/a")
    case.subscriber.answers.append(500)
    with case.relay("relay-a") as stalled:
        (event,) = case.append(communication(1))
        case.subscriber.expect(1, "/a")
        stalled.die(case.redis)
        case.subscriber.waiting.clear()
        with case.relay("relay-b"):
            eventually(lambda: case.state(event, "ep_a") == "delivered")
            stalled.thaw()
            case.append(communication(2))
            eventually(lambda: case.redis.zscore(case.keys.relays, "relay-a"))
            case.subscriber.expect(3, "/a")
            routing = lease(case)
        stalled.stop()
    record = case.redis.hgetall(case.keys.event_deliveries(event.id))

    assert ("delivered", 0, b"relay-b") == (case.state(event, "ep_a"), case.retries(), routing)
    assert [b"ep_a", b"ep_a:1"] == sorted(record)
    assert 3 == len(case.subscriber.at("/a"))


def test_a_delivery_that_kills_its_relays_is_given_up(case: RelayCase, sync_redis: Redis, keys: Keys) -> None:
    """After three owners that died it is dead, and not sent again."""
    case.add("ep_a")
    with case.relay("relay-z") as one:
        one.stop()
    events = case.append(communication(1))
    sync_redis.xadd(keys.deliveries("ep_a"), {"e": events[0].entry_id, "i": events[0].id, "p": "0", "n": "1"})
    sync_redis.set(keys.routing_cursor, events[0].entry_id)
    taken: Any = sync_redis.xreadgroup("relay", "dead-0", {keys.deliveries("ep_a"): ">"})
    ((_, ((token, _),)),) = taken
    for number in (1, 2):
        sync_redis.xclaim(keys.deliveries("ep_a"), "relay", f"dead-{number}", 0, [token])
    sync_redis.zadd(keys.relays, {f"dead-{number}": 1 for number in range(3)})
    with case.relay():
        dead = eventually(lambda: case.dead(events[0], "ep_a"))

    assert "crash_loop" == dead["reason"]
    assert ([], 0) == (case.subscriber.arrivals, case.pending("ep_a"))


def test_a_relay_that_is_told_to_stop_drains(case: RelayCase) -> None:
    """What is in flight is finished and recorded, nothing new is begun, and nothing is left in its name."""
    case.add("ep_a", "/a")
    with case.relay() as one:
        case.trust("/a")
        case.subscriber.waiting.add("/a")
        events = case.append(*(communication(n) for n in range(20)))
        case.subscriber.expect(8, "/a")
        one.begin_to_stop()
        eventually(lambda: lease(case) is None)
        case.subscriber.waiting.clear()
        one.stop()

    assert 8 == len(case.subscriber.at("/a"))
    assert ["delivered"] * 8 + ["waiting"] * 12 == sorted(str(case.state(event, "ep_a")) for event in events)
    assert (0, None) == (case.pending("ep_a"), lease(case))
    assert 0 == case.redis.exists(case.keys.relays)


@pytest.mark.parametrize("turns", [0, 1, 5, 15, 40])
@pytest.mark.anyio
async def test_a_relay_ends_whenever_it_is_told_to(redis: AsyncRedis, redis_url: str, keys: Keys, turns: int) -> None:
    """However far it has come in starting."""
    stop = asyncio.Event()
    settings = hermetic_settings(redis_url)
    running = asyncio.ensure_future(relay.run(settings, Rules(), Sealer(SECRET_KEY), "relay-a", stop))
    while turns > 1 and not await redis.zscore(keys.relays, "relay-a"):  # noqa: ASYNC110 - Redis sets no event
        await asyncio.sleep(0)
    for _ in range(turns):
        await asyncio.sleep(0)
    stop.set()
    done, _ = await asyncio.wait([running], timeout=5)

    assert {running} == done
    assert [None] == [task.result() for task in done]


def test_the_next_relay_goes_on_where_the_last_one_stopped(case: RelayCase) -> None:
    """At once, with what waited and with what was stored meanwhile."""
    case.add("ep_a")
    with case.relay("relay-a") as first:
        case.append(communication(1))
        case.subscriber.expect(1)
        first.stop()
    case.append(communication(2))
    with case.relay("relay-b"):
        began = time.monotonic()
        arrivals = case.subscriber.expect(2)

    assert [1, 2] == [arrival.event["sequence"] for arrival in arrivals]
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("lost", ["the entry", "the whole log"])
def test_an_event_that_the_log_no_longer_has(case: RelayCase, lost: str) -> None:
    """Its delivery is dead and says so; those after it are sent."""
    case.add("ep_a", "/a")
    with case.relay("relay-a") as first:
        case.trust("/a")
        case.subscriber.waiting.add("/a")
        gone, kept = case.append(communication(1), communication(2))
        case.subscriber.expect(2, "/a")
        first.die(case.redis)
        case.redis.xdel(case.keys.events, gone.entry_id, *([kept.entry_id] if lost == "the whole log" else []))
        case.subscriber.waiting.clear()
        with case.relay("relay-b"):
            eventually(lambda: case.pending("ep_a") == 0)
    expected = ["dead", "delivered" if lost == "the entry" else "dead"]

    assert expected == [case.state(event, "ep_a") for event in (gone, kept)]
