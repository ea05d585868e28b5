"""Trimming the log: by age, never what somebody waits for."""

import time
from collections.abc import Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from service.store.event_log import horizon
from service.store.keys import Keys
from service.store.retention import trim
from tests.routed_deliveries import add_endpoint

pytestmark = pytest.mark.anyio
HOUR = 3600


def entry(minutes_ago: int) -> str:
    """Return the id of an entry of so many minutes ago."""
    return f"{int(time.time() / 60 - minutes_ago) * 60_000}-0"


async def fill(redis: Redis, keys: Keys, minutes_ago: Sequence[int], routed_up_to: int) -> list[str]:
    """Write entries and the cursor; return the entries' ids."""
    ids = [entry(minutes) for minutes in minutes_ago]
    for entry_id in ids:
        await redis.xadd(keys.events, {"x": "y"}, id=entry_id)
    await redis.set(keys.routing_cursor, entry(routed_up_to))
    return ids


async def left(redis: Redis, keys: Keys) -> list[str]:
    """Return the ids that are still in the log."""
    entries: Any = await redis.xrange(keys.events)
    return [entry_id.decode() for entry_id, _ in entries]


async def test_what_is_old_goes(redis: Redis, keys: Keys) -> None:
    """And nothing younger than the log's life."""
    ids = await fill(redis, keys, [180, 120, 61, 30, 0], routed_up_to=0)

    assert 3 == await trim(redis, keys, HOUR, [])
    assert ids[3:] == await left(redis, keys)
    assert 0 == await trim(redis, keys, HOUR, [])


async def test_an_empty_log(redis: Redis, keys: Keys) -> None:
    """There is nothing to trim."""
    assert 0 == await trim(redis, keys, HOUR, ["ep_a"])


@pytest.mark.parametrize("cursor", [True, False])
async def test_what_is_not_routed_stays(redis: Redis, keys: Keys, cursor: bool) -> None:  # noqa: FBT001 - a parameter
    """However old; where nothing was routed yet, all of it."""
    ids = await fill(redis, keys, [180, 120, 61, 30], routed_up_to=120)
    if not cursor:
        await redis.delete(keys.routing_cursor)
    await trim(redis, keys, HOUR, [])

    assert ids[1 if cursor else 0 :] == await left(redis, keys)


async def test_what_an_endpoint_waits_for_stays(redis: Redis, keys: Keys) -> None:
    """The oldest entry of any stream, taken or not, holds the log."""
    ids = await fill(redis, keys, [240, 180, 120, 61, 30], routed_up_to=0)
    for name, entry_id in (("ep_a", ids[3]), ("ep_b", ids[2])):
        await add_endpoint(redis, keys, name)
        await redis.xadd(keys.deliveries(name), {"e": entry_id, "i": "evt", "p": "", "n": "1"})

    assert 2 == await trim(redis, keys, HOUR, ["ep_a", "ep_b", "ep_gone"])
    assert ids[2:] == await left(redis, keys)


async def test_an_old_event_behind_newer_ones_stays(redis: Redis, keys: Keys) -> None:
    """A retry that fell due stands at the end of its stream, and holds the log all the same."""
    ids = await fill(redis, keys, [240, 180, 120, 61, 30], routed_up_to=0)
    await add_endpoint(redis, keys, "ep_a")
    for entry_id in (ids[4], ids[1], ids[3]):
        await redis.xadd(keys.deliveries("ep_a"), {"e": entry_id, "i": "evt", "p": "", "n": "1"})

    assert 1 == await trim(redis, keys, HOUR, ["ep_a"])
    assert ids[1:] == await left(redis, keys)


async def test_what_is_to_be_tried_again_stays(redis: Redis, keys: Keys) -> None:
    """Also while a retry waits for its time."""
    ids = await fill(redis, keys, [240, 180, 120, 61, 30], routed_up_to=0)
    await redis.zadd(keys.retries, {f"ep_a|{ids[3]}|evt_1|0|2": 1, f"ep_a|{ids[1]}|evt_2|0|2": 2})

    assert 1 == await trim(redis, keys, HOUR, ["ep_a"])
    assert ids[1:] == await left(redis, keys)


@pytest.mark.parametrize(
    ("now", "expected"), [(0, "1969-12-31T23:00:00.000000Z"), (1763647390.5, "2025-11-20T13:03:10.500000Z")]
)
async def test_the_horizon(now: float, expected: str) -> None:
    """An hour's log begins an hour ago."""
    assert expected == horizon(HOUR, now)
