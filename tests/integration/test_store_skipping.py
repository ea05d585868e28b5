"""What waits for a disabled endpoint is taken out of its stream, and remembered until the log has forgotten it."""

from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from service.endpoints.endpoint import Disabled, Endpoint
from service.events.event import StoredEvent
from service.events.route import Target
from service.store import endpoints
from service.store.deliveries import MOST_SKIPPED, ROUTED_KEPT, move_due, skip_waiting
from service.store.keys import Keys
from service.store.redelivery import Redelivery, redeliver
from service.store.settlement import settle
from tests.routed_deliveries import RELAY, add_endpoint, outcome, route, taken
from tests.twilio_callbacks import CONVERSATION

pytestmark = pytest.mark.anyio
OFF = Disabled("by_hand", 1)


async def disable(redis: Redis, keys: Keys, endpoint: Endpoint) -> Endpoint:
    """Disable an endpoint and return it."""
    disabled = msgspec.structs.replace(endpoint, disabled=OFF)
    assert await endpoints.change(redis, keys, endpoint, disabled)
    return disabled


async def skip_all(redis: Redis, keys: Keys) -> list[int]:
    """Skip until nothing is left, and return how many each call skipped."""
    counts = [await skip_waiting(redis, keys, RELAY, "ep_a")]
    while counts[-1]:
        counts.append(await skip_waiting(redis, keys, RELAY, "ep_a"))
    return counts


async def states(redis: Redis, keys: Keys, events: list[StoredEvent]) -> list[str]:
    """Return what has become of these events."""
    found: list[Any] = [await redis.hget(keys.event_deliveries(event.id), "ep_a") for event in events]
    return [state.decode() for state in found]


async def missed(redis: Redis, keys: Keys) -> list[str]:
    """Return the events that are remembered as skipped, the oldest first."""
    found: Any = await redis.zrange(keys.skipped("ep_a"), 0, -1)
    return [member.decode() for member in found]


async def test_what_waits_is_skipped_in_parts(redis: Redis, keys: Keys) -> None:
    """All of it, each call for a bounded time; with what a replay needs to know."""
    endpoint = await add_endpoint(redis, keys, "ep_a")
    events = await route(redis, keys, MOST_SKIPPED + 7, ("ep_a",))
    await disable(redis, keys, endpoint)

    assert [MOST_SKIPPED, 7, 0] == await skip_all(redis, keys)
    assert {"skipped:disabled"} == set(await states(redis, keys, events))
    expected = {f"{event.entry_id}|{event.id}|{n}|" for n, event in enumerate(events)}
    assert expected == set(await missed(redis, keys))
    assert 0 == await redis.xlen(keys.deliveries("ep_a"))


async def test_an_endpoint_that_was_enabled_meanwhile(redis: Redis, keys: Keys) -> None:
    """Nothing more is skipped: what still waits is delivered; nor is anything of one that is gone."""
    endpoint = await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, MOST_SKIPPED + 3, ("ep_a",))
    disabled = await disable(redis, keys, endpoint)
    skipped = [await skip_waiting(redis, keys, RELAY, "ep_a")]
    await endpoints.change(redis, keys, disabled, endpoint)
    skipped += [await skip_waiting(redis, keys, RELAY, name) for name in ("ep_a", "ep_gone")]

    assert [MOST_SKIPPED, 0, 0] == skipped
    assert 3 == len(await taken(redis, keys, "ep_a", 3))


async def test_what_is_under_way_is_let_finish(redis: Redis, keys: Keys) -> None:
    """A failure of it waits for its next attempt, and is skipped when that is due."""
    endpoint = await add_endpoint(redis, keys, "ep_a")
    events = await route(redis, keys, 2, ("ep_a",))
    first, second = await taken(redis, keys, "ep_a", 2)
    await disable(redis, keys, endpoint)
    counts = await skip_all(redis, keys)
    await settle(redis, keys, RELAY, [outcome(first), outcome(second, "retrying", due_ms=1)])
    before = await states(redis, keys, events)
    await move_due(redis, keys)
    counts += await skip_all(redis, keys)

    assert [0, 1, 0] == counts
    assert [["delivered", "retrying"], ["delivered", "skipped:disabled"]] == [before, await states(redis, keys, events)]
    assert [f"{events[1].entry_id}|{events[1].id}|1|"] == await missed(redis, keys)


async def test_lines_are_emptied(redis: Redis, keys: Keys) -> None:
    """Of an ordered endpoint, each conversation's to its end; no turn is left, so that what comes later is not held."""
    endpoint = await add_endpoint(redis, keys, "ep_a", ordered=True)
    way = [Target("ep_a", "*", "in_order")]
    events = await route(redis, keys, 5, way)
    events += await route(redis, keys, 3, way, first=5, conversation="conv_other")
    await disable(redis, keys, endpoint)
    counts = await skip_all(redis, keys)

    assert 8 == sum(counts)
    assert {"skipped:disabled"} == set(await states(redis, keys, events))
    conversations = [member.rpartition("|")[2] for member in await missed(redis, keys)]
    assert {CONVERSATION: 5, "conv_other": 3} == {name: conversations.count(name) for name in set(conversations)}
    assert 0 == await redis.exists(keys.ordered("ep_a"), keys.turns("ep_a"))


async def test_the_skipped_come_back_in_order(redis: Redis, keys: Keys) -> None:
    """After the endpoint was enabled, with the sequence that went before each."""
    endpoint = await add_endpoint(redis, keys, "ep_a", ordered=True)
    events = await route(redis, keys, 4, [Target("ep_a", "*", "in_order")])
    disabled = await disable(redis, keys, endpoint)
    await skip_all(redis, keys)
    await endpoints.change(redis, keys, disabled, endpoint)
    items = [
        Redelivery(event.entry_id, event.id, str(n), CONVERSATION, event.sequence) for n, event in enumerate(events)
    ]
    number = await redeliver(redis, keys, endpoint, items)
    came = []
    for _ in events:
        (claim,) = await taken(redis, keys, "ep_a")
        came.append((claim.event_id, claim.previous))
        await settle(redis, keys, RELAY, [outcome(claim)])

    assert (4, [(event.id, str(n)) for n, event in enumerate(events)]) == (number, came)
    assert [] == await missed(redis, keys)


async def test_what_was_forgotten_of_an_event_is_not_kept_for_ever(redis: Redis, keys: Keys) -> None:
    """An event that waited for longer than its deliveries are remembered has an end all the same."""
    endpoint = await add_endpoint(redis, keys, "ep_a")
    first, second = await route(redis, keys, 2, ("ep_a",))
    await redis.delete(keys.event_deliveries(first.id))
    await redis.expire(keys.event_deliveries(second.id), 1000)
    await disable(redis, keys, endpoint)
    await skip_all(redis, keys)
    lives = [await redis.ttl(keys.event_deliveries(event.id)) for event in (first, second)]

    assert [pytest.approx(ROUTED_KEPT, abs=5), pytest.approx(1000, abs=5)] == lives


async def test_a_removed_endpoint_leaves_nothing(redis: Redis, keys: Keys) -> None:
    """Whatever it had: a stream, lines, turns, the skipped, the dead, counters, health, a bucket, a pause."""
    await add_endpoint(redis, keys, "ep_a")
    for name in keys.of_endpoint("ep_a"):
        await redis.delete(name)
        await redis.set(name, "x")
    await redis.zadd(keys.paused, {"ep_a": 1})
    await endpoints.remove(redis, keys, "ep_a")
    names: list[Any] = await redis.keys()

    assert 10 == len(set(keys.of_endpoint("ep_a")))
    assert [keys.endpoints_version.encode()] == names


async def test_every_key_of_an_endpoint_goes_with_it(keys: Keys) -> None:
    """All methods that make a key of an endpoint's id are in the list of its own."""
    makers = [name for name in dir(keys) if name.startswith("endpoint_") or name in _OWN]
    own = {getattr(keys, name)("ep_a") for name in makers}

    assert set(keys.of_endpoint("ep_a")) == own


_OWN = {"deliveries", "dead", "dead_at", "skipped", "ordered", "turns", "failed"}
