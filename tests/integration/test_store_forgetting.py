"""What is forgotten, and when: the skipped with the log, the dead after a month; and what holds the log back."""

import time
from collections.abc import Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from service.events.route import Target
from service.store.keys import Keys
from service.store.retention import DEAD_KEPT, forget, trim
from service.store.settlement import settle
from tests.routed_deliveries import RELAY, add_endpoint, outcome, route, taken

pytestmark = pytest.mark.anyio
HOUR = 3600


def entry(minutes_ago: int) -> str:
    """Return the id of an entry of so many minutes ago."""
    return f"{int(time.time() / 60 - minutes_ago) * 60_000}-0"


async def fill(redis: Redis, keys: Keys, minutes_ago: Sequence[int]) -> list[str]:
    """Write entries that are all routed, and return their ids."""
    ids = [entry(minutes) for minutes in minutes_ago]
    for entry_id in ids:
        await redis.xadd(keys.events, {"x": "y"}, id=entry_id)
    await redis.set(keys.routing_cursor, ids[-1])
    return ids


async def left(redis: Redis, keys: Keys) -> list[str]:
    """Return the ids that are still in the log."""
    entries: Any = await redis.xrange(keys.events)
    return [entry_id.decode() for entry_id, _ in entries]


async def skip(redis: Redis, keys: Keys, ids: Sequence[str]) -> None:
    """Let the endpoint of these tests have missed entries."""
    for entry_id in ids:
        ms = int(entry_id.partition("-")[0])
        await redis.zadd(keys.skipped("ep_a"), {f"{entry_id}|evt_{entry_id}||": ms})


async def test_the_skipped_go_with_the_log(redis: Redis, keys: Keys) -> None:
    """As it is trimmed; they hold nothing back, and what the log has stays listed."""
    await add_endpoint(redis, keys, "ep_a")
    ids = await fill(redis, keys, [180, 120, 61, 30, 5])
    await skip(redis, keys, ids)
    kept = [await forget(redis, keys, ["ep_a"])]
    await trim(redis, keys, HOUR, ["ep_a"])
    kept.append(await forget(redis, keys, ["ep_a", "ep_gone"]))
    listed: Any = await redis.zrange(keys.skipped("ep_a"), 0, -1)

    assert [0, 3] == kept
    assert ids[3:] == await left(redis, keys)
    assert ids[3:] == [member.split(b"|")[0].decode() for member in listed]


async def test_the_skipped_of_an_empty_log(redis: Redis, keys: Keys) -> None:
    """None of them can be replayed."""
    await add_endpoint(redis, keys, "ep_a")
    await skip(redis, keys, [entry(2), entry(1)])

    assert 2 == await forget(redis, keys, ["ep_a"])
    assert 0 == await redis.exists(keys.skipped("ep_a"))


async def test_the_dead_are_kept_for_a_month(redis: Redis, keys: Keys) -> None:
    """And no longer; record and time go together."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 3, ("ep_a",))
    now = int(time.time() * 1000)
    died = (now - DEAD_KEPT * 1000 - 5000, now - DEAD_KEPT * 1000 + 60_000, now)
    claims = await taken(redis, keys, "ep_a", 3)
    for claim, at in zip(claims, died, strict=True):
        await settle(redis, keys, RELAY, [outcome(claim, "dead", dead=b"{}", at_ms=at)])
    forgotten = await forget(redis, keys, ["ep_a"])
    expected = [claim.event_id.encode() for claim in claims[1:]]

    assert 1 == forgotten
    assert set(expected) == set(await redis.hkeys(keys.dead("ep_a")))
    assert expected == await redis.zrange(keys.dead_at("ep_a"), 0, -1)


async def test_what_stands_in_line_holds_the_log(redis: Redis, keys: Keys) -> None:
    """An event whose turn has not come is waited for like any other, whatever its conversation is called."""
    await add_endpoint(redis, keys, "ep_a", ordered=True)
    ids = await fill(redis, keys, [240, 180, 120, 61, 30])
    for entry_id in (ids[3], ids[2], ids[1]):
        await redis.zadd(keys.ordered("ep_a"), {f"conv|odd|000000000002|{entry_id}|evt_{entry_id}|1|1": 0})

    assert 1 == await trim(redis, keys, HOUR, ["ep_a"])
    assert ids[1:] == await left(redis, keys)


async def test_a_line_that_was_routed_holds_the_log(redis: Redis, keys: Keys) -> None:
    """As routing writes it, so trimming reads it."""
    await add_endpoint(redis, keys, "ep_a", ordered=True)
    events = await route(redis, keys, 4, [Target("ep_a", "*", "in_order")])
    claims = await taken(redis, keys, "ep_a")
    await settle(redis, keys, RELAY, [outcome(claims[0])])

    assert 1 == await trim(redis, keys, -HOUR, ["ep_a"])
    assert [event.entry_id for event in events[1:]] == await left(redis, keys)


@pytest.mark.parametrize("waiting", ["in its stream", "between attempts", "in line", None])
async def test_what_the_log_has_lost_holds_nothing(redis: Redis, keys: Keys, waiting: str | None) -> None:
    """A dead delivery that is tried again from its own copy keeps nothing, and hides nothing that is to be kept."""
    await add_endpoint(redis, keys, "ep_a")
    ids = await fill(redis, keys, [180, 120, 61, 30])
    for entry_id in (entry(100_000), ids[1]):
        if waiting == "in its stream" or entry_id != ids[1]:
            await redis.xadd(keys.deliveries("ep_a"), {"e": entry_id, "i": "evt_1", "p": "", "n": "11", "f": "11"})
        if waiting == "between attempts" or entry_id != ids[1]:
            await redis.zadd(keys.retries, {f"ep_a|{entry_id}|evt_2||12|11|": 1})
        if waiting == "in line" or entry_id != ids[1]:
            await redis.zadd(keys.ordered("ep_a"), {f"conv|000000000002|{entry_id}|evt_3|1|11": 0})
    await trim(redis, keys, HOUR, ["ep_a"])

    assert ids[1 if waiting else 3 :] == await left(redis, keys)
