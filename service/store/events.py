"""Reading the event log."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from redis.asyncio import Redis

from service.events.event import StoredEvent
from service.store.keys import Keys

Entry = tuple[bytes, dict[bytes, bytes]]

_BY: dict[bytes, Literal["sid", "addresses"]] = {b"sid": "sid", b"addresses": "addresses"}


class Page(msgspec.Struct, frozen=True):
    """Some events, newest first, and the cursor of the next page (None: no more)."""

    events: list[StoredEvent]
    next: str | None


def stored_event(entry: Entry) -> StoredEvent:
    """Return a log entry as a value."""
    entry_id, fields = entry
    sequence, by = fields[b"seq"], fields.get(b"by")
    return StoredEvent(
        entry_id=entry_id.decode(),
        id=fields[b"id"].decode(),
        kind=fields[b"kind"].decode(),
        timestamp=fields[b"ts"].decode(),
        source=fields[b"src"].decode(),
        account_id=fields[b"acc"].decode() or None,
        conversation_id=fields[b"conv"].decode() or None,
        status=fields[b"st"].decode() or None,
        previous_status=fields[b"prev"].decode() or None,
        sequence=int(sequence) if sequence else None,
        late=bool(fields[b"late"]),
        data=fields[b"data"],
        correlated_by=_BY.get(by) if by else None,
        other_source=bool(fields.get(b"other")),
    )


async def fetch(redis: Redis, keys: Keys, event_id: str) -> StoredEvent | None:
    """Return the event of this id, or None where the log does not have it (any more)."""
    entry_id: Any = await redis.get(keys.event(event_id))
    if entry_id is None:
        return None
    return (await fetch_entries(redis, keys, [entry_id.decode()]))[0]


async def fetch_entries(redis: Redis, keys: Keys, entry_ids: Sequence[str]) -> list[StoredEvent | None]:
    """Return the entries of these ids in their order, None for each that the log does not have."""
    pipeline = redis.pipeline(transaction=False)
    for entry_id in entry_ids:
        pipeline.xrange(keys.events, entry_id, entry_id)
    return [stored_event(found[0]) if found else None for found in await pipeline.execute()]


async def newest(
    redis: Redis, keys: Keys, *, limit: int, after: str | None = None, conversation_id: str | None = None
) -> Page:
    """Return a page of at most `limit` events, newest first, older than the entry `after`."""
    if conversation_id is not None:
        return await _of_conversation(redis, keys, conversation_id, limit, after)
    found: Any = await redis.xrevrange(keys.events, max=f"({after}" if after else "+", count=limit)
    events = [stored_event(entry) for entry in found]
    return Page(events, events[-1].entry_id if len(events) == limit else None)


async def _of_conversation(redis: Redis, keys: Keys, conversation_id: str, limit: int, after: str | None) -> Page:
    values: Any = await redis.hvals(keys.conversation_events(conversation_id))
    ids = [value.decode() for value in values]
    ordered = sorted((i for i in ids if after is None or _order(i) < _order(after)), key=_order, reverse=True)
    events = [event for event in await fetch_entries(redis, keys, ordered[:limit]) if event is not None]
    return Page(events, ordered[limit - 1] if len(ordered) > limit else None)


def _order(entry_id: str) -> tuple[int, int]:
    ms, _, number = entry_id.partition("-")
    return int(ms), int(number or 0)
