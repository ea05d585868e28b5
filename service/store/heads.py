"""Events of the log without their content: what types, lists and replays are decided by."""

from collections.abc import Iterable, Sequence
from typing import Any

from redis.asyncio import Redis

from service.events.event import StoredEvent
from service.store.client import Argument, run, script
from service.store.events import stored_event
from service.store.keys import Keys

AT_ONCE = 200
"""Events that one call reads: a script holds up everybody else in Redis."""

_NAMES = (b"id", b"kind", b"ts", b"src", b"acc", b"conv", b"st", b"prev", b"seq", b"late", b"other")


async def oldest_first(redis: Redis, keys: Keys, low: str, high: str, count: int = AT_ONCE) -> list[StoredEvent]:
    """Return at most `count` events from the entry `low` to the entry `high`, without `data`.

    Bounds are as XRANGE takes them: `-`, `+`, and `(` before an entry that is not meant. Raises RedisError.
    """
    return await _read(redis, keys, ["XRANGE", low, high, count])


async def newest_first(redis: Redis, keys: Keys, high: str, low: str, count: int = AT_ONCE) -> list[StoredEvent]:
    """Return at most `count` events from the entry `high` down to the entry `low`, without `data`."""
    return await _read(redis, keys, ["XREVRANGE", high, low, count])


async def of_entries(redis: Redis, keys: Keys, entry_ids: Iterable[str]) -> dict[str, StoredEvent]:
    """Return the events of these entries by entry, without `data`; one that the log does not have is left out."""
    wanted = list(dict.fromkeys(entry_ids))
    found: dict[str, StoredEvent] = {}
    for begin in range(0, len(wanted), AT_ONCE):
        ranges = [part for entry_id in wanted[begin : begin + AT_ONCE] for part in (entry_id, entry_id, 1)]
        found |= {event.entry_id: event for event in await _read(redis, keys, ["XRANGE", *ranges])}
    return found


async def of_event(redis: Redis, keys: Keys, event_id: str) -> StoredEvent | None:
    """Return the event of this id without its `data`, None where the log does not have it (any more)."""
    entry_id: Any = await redis.get(keys.event(event_id))
    return None if entry_id is None else (await of_entries(redis, keys, [entry_id.decode()])).get(entry_id.decode())


async def _read(redis: Redis, keys: Keys, args: Sequence[Argument]) -> list[StoredEvent]:
    found: list[list[bytes]] = await run(redis, script("heads"), (keys.events,), args)
    return [stored_event((head[0], {**dict(zip(_NAMES, head[1:], strict=True)), b"data": b""})) for head in found]
