"""Deliveries in Redis: taken once, recorded only by who holds them, taken over from the dead, never in a loop."""

import json
from typing import Any

import pytest
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from service.events.delivery import Claim, Settled, Settlement
from service.store import endpoints
from service.store.deliveries import DUE_AT_ONCE, move_due, take
from service.store.keys import Keys
from service.store.settlement import settle
from tests.routed_deliveries import RELAY, add_endpoint, route, taken
from tests.stored_events import everything

pytestmark = pytest.mark.anyio
OTHER = "relay-2"
RECORD = b'{"status":500}'


def outcome(claim: Claim, state: str, **more: object) -> Settlement:
    """Return an outcome to record."""
    return Settlement(claim=claim, state=state, record=RECORD, life=3600, at_ms=1, **more)  # type: ignore[arg-type] # by name


async def test_what_is_taken_is_taken_once(redis: Redis, keys: Keys) -> None:
    """In order, as many as there are slots, by whoever comes; None for an endpoint that is gone."""
    await add_endpoint(redis, keys, "ep_a")
    events = await route(redis, keys, 5, ("ep_a",))
    claims = [*await taken(redis, keys, "ep_a", 3), *await taken(redis, keys, "ep_a", 2, OTHER)]
    nothing = await take(redis, keys, RELAY, {"ep_a": 8, "ep_gone": 8})

    assert [event.id for event in events] == [claim.event_id for claim in claims]
    assert [(event.entry_id, str(n), 1) for n, event in enumerate(events)] == [
        (claim.entry_id, claim.previous, claim.attempt) for claim in claims
    ]
    assert {"ep_a": [], "ep_gone": None} == nothing


async def test_a_success_is_recorded(redis: Redis, keys: Keys) -> None:
    """The stream shrinks, and the event knows what became of it."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 2, ("ep_a",))
    claim, _ = await taken(redis, keys, "ep_a", 2)
    recorded = await settle(redis, keys, RELAY, [outcome(claim, "delivered")])

    assert [Settled(ours=True), 1] == [*recorded, await redis.xlen(keys.deliveries("ep_a"))]
    assert {b"ep_a": b"delivered", b"ep_a:1": RECORD} == await redis.hgetall(keys.event_deliveries(claim.event_id))
    assert {b"delivered": b"1"} == await redis.hgetall(keys.endpoint_stats("ep_a"))
    assert pytest.approx(3600, abs=2) == await redis.ttl(keys.event_deliveries(claim.event_id))


async def test_the_dead_own_their_event(redis: Redis, keys: Keys) -> None:
    """They are listed under their endpoint."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 1, ("ep_a",))
    (claim,) = await taken(redis, keys, "ep_a")
    await settle(redis, keys, RELAY, [outcome(claim, "dead", dead=b"{}")])

    assert {claim.event_id.encode(): b"{}"} == await redis.hgetall(keys.dead("ep_a"))
    assert 0 == await redis.xlen(keys.deliveries("ep_a"))


@pytest.mark.parametrize("how", ["another relay's", "recorded already", "endpoint removed", "never taken"])
async def test_what_is_not_ours_is_not_recorded(redis: Redis, sync_redis: SyncRedis, keys: Keys, how: str) -> None:
    """Every key stays as it is."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 2, ("ep_a",))
    (claim,) = await taken(redis, keys, "ep_a")
    relay = OTHER if how == "another relay's" else RELAY
    if how == "recorded already":
        await settle(redis, keys, RELAY, [outcome(claim, "delivered")])
    if how == "endpoint removed":
        await endpoints.remove(redis, keys, "ep_a")
    if how == "never taken":
        entries: Any = await redis.xrange(keys.deliveries("ep_a"))
        (_, (token, _)) = entries
        claim = Claim("ep_a", token.decode(), claim.entry_id, claim.event_id, "0", 1)
    before = everything(sync_redis)
    outcomes = [outcome(claim, "retrying", due_ms=1), outcome(claim, "dead", dead=b"{}"), outcome(claim, "delivered")]

    assert [False] * 3 == [each.ours for each in await settle(redis, keys, relay, outcomes)]
    assert before == everything(sync_redis)


async def test_one_outcome_that_is_not_ours_does_not_hold_up_the_others(redis: Redis, keys: Keys) -> None:
    """Each is recorded for itself, also where Redis has forgotten the script."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 3, ("ep_a",))
    claims = await taken(redis, keys, "ep_a", 3)
    await settle(redis, keys, RELAY, [outcome(claims[1], "delivered")])
    await redis.script_flush()

    recorded = await settle(redis, keys, RELAY, [outcome(claim, "delivered") for claim in claims])

    assert [True, False, True] == [each.ours for each in recorded]


async def test_a_retry_waits_and_comes_back(redis: Redis, keys: Keys) -> None:
    """When it is due it stands in the stream again: the same event, the same previous sequence, the next attempt."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 2, ("ep_a",))
    first, second = await taken(redis, keys, "ep_a", 2)
    later = 32503680000000
    await settle(redis, keys, RELAY, [outcome(second, "retrying", due_ms=1), outcome(first, "retrying", due_ms=later)])
    moved = [await move_due(redis, keys), await move_due(redis, keys)]
    (again,) = await taken(redis, keys, "ep_a", relay=OTHER)

    assert [1, 0] == moved
    assert (second.event_id, second.entry_id, "1", 2) == (again.event_id, again.entry_id, again.previous, again.attempt)
    assert later == await redis.zscore(keys.retries, f"ep_a|{first.entry_id}|{first.event_id}|0|2|1|")


async def test_a_retry_without_conversation(redis: Redis, keys: Keys) -> None:
    """No previous sequence stays none."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 1, ("ep_a",))
    (claim,) = await taken(redis, keys, "ep_a")
    lonely = Claim("ep_a", claim.token, claim.entry_id, claim.event_id, None, 1)
    await settle(redis, keys, RELAY, [outcome(lonely, "retrying", due_ms=1)])
    await move_due(redis, keys)

    assert [None] == [again.previous for again in await taken(redis, keys, "ep_a")]


async def test_retries_of_a_removed_endpoint_are_dropped(redis: Redis, keys: Keys) -> None:
    """They make no stream for it."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 1, ("ep_a",))
    (claim,) = await taken(redis, keys, "ep_a")
    await settle(redis, keys, RELAY, [outcome(claim, "retrying", due_ms=1)])
    await endpoints.remove(redis, keys, "ep_a")

    assert 1 == await move_due(redis, keys)
    assert 0 == await redis.exists(keys.deliveries("ep_a"), keys.retries)


async def test_many_retries_are_moved_in_parts(redis: Redis, keys: Keys) -> None:
    """One call holds up Redis for a bounded time."""
    await add_endpoint(redis, keys, "ep_a")
    await redis.zadd(keys.retries, {f"ep_a|1-0|evt_{n}|0|2": 1 for n in range(DUE_AT_ONCE + 7)})

    assert [DUE_AT_ONCE, 7] == [await move_due(redis, keys), await move_due(redis, keys)]
    assert DUE_AT_ONCE + 7 == await redis.xlen(keys.deliveries("ep_a"))


async def test_the_record_of_two_attempts(redis: Redis, keys: Keys) -> None:
    """Both can be read afterwards, and the state is the last one's."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 1, ("ep_a",))
    (claim,) = await taken(redis, keys, "ep_a")
    await settle(redis, keys, RELAY, [outcome(claim, "retrying", due_ms=1)])
    await move_due(redis, keys)
    (again,) = await taken(redis, keys, "ep_a")
    await settle(redis, keys, RELAY, [outcome(again, "delivered")])
    record = await redis.hgetall(keys.event_deliveries(claim.event_id))

    assert {b"ep_a": b"delivered", b"ep_a:1": RECORD, b"ep_a:2": RECORD} == record
    assert 500 == json.loads(record[b"ep_a:1"])["status"]
