"""How far the work is behind: events that are not routed yet, and deliveries that wait for their next attempt.

Ages count from when the event was stored, by Redis's clock, which also made the ids of the entries.
"""

from typing import Any

import msgspec
from redis.asyncio import Redis

from service.store.client import run, script
from service.store.keys import Keys

MOST_COUNTED = 10_000
"""Unrouted events that are counted; this many means so many or more."""
STEP = 250
"""Events counted in one call."""
RETRIES_AT_ONCE = 2000
"""Waiting retries read in one call."""

BEGINNING = "0-0"


class Lag(msgspec.Struct, frozen=True):
    """How many wait, and for how many seconds the oldest of them has been stored (0.0 where none waits)."""

    count: int = 0
    oldest_seconds: float = 0.0


class Retrying(msgspec.Struct, frozen=True):
    """One endpoint's deliveries between two attempts: how many, and when (ms) the oldest event was stored."""

    count: int
    oldest_ms: int


async def now(redis: Redis) -> int:
    """Return Redis's time in milliseconds since 1970."""
    seconds, microseconds = await redis.time()
    return int(seconds) * 1000 + int(microseconds) // 1000


def stored_ms(entry_id: str | bytes) -> int:
    """Return when an entry of a stream was written, in milliseconds since 1970."""
    text = entry_id.decode() if isinstance(entry_id, bytes) else entry_id
    return int(text.partition("-")[0])


def seconds_since(ms: int | None, now_ms: int) -> float:
    """Return the seconds from `ms` to `now_ms`, never negative; 0.0 for None."""
    return 0.0 if ms is None else max(0, now_ms - ms) / 1000


async def routing_cursor(redis: Redis, keys: Keys) -> str:
    """Return the entry id of the last routed event."""
    cursor: Any = await redis.get(keys.routing_cursor)
    return cursor.decode() if cursor else BEGINNING


async def oldest_unrouted(redis: Redis, keys: Keys) -> int | None:
    """Return when (ms) the oldest event that is not routed yet was stored, None where all are."""
    first: Any = await redis.xrange(keys.events, min=f"({await routing_cursor(redis, keys)}", count=1)
    return stored_ms(first[0][0]) if first else None


async def routing_lag(redis: Redis, keys: Keys, now_ms: int) -> Lag:
    """Return the events behind the cursor, counted up to MOST_COUNTED."""
    oldest = await oldest_unrouted(redis, keys)
    at, count, step = await routing_cursor(redis, keys), 0, STEP
    while step == STEP and count < MOST_COUNTED:
        step, last = await run(redis, script("count_after"), (keys.events,), (at, STEP))
        at, count = last.decode(), count + step
    return Lag(count, seconds_since(oldest, now_ms) if count else 0.0)


async def retrying(redis: Redis, keys: Keys) -> dict[str, Retrying]:
    """Return the waiting retries by endpoint. One that comes or goes meanwhile may be counted or not."""
    found: dict[str, Retrying] = {}
    members: Any = redis.zscan_iter(keys.retries, count=RETRIES_AT_ONCE)
    async for member, _ in members:
        endpoint_id, entry_id, _ = member.decode().split("|", 2)
        known, at = found.get(endpoint_id), stored_ms(entry_id)
        found[endpoint_id] = Retrying(known.count + 1, min(known.oldest_ms, at)) if known else Retrying(1, at)
    return found
