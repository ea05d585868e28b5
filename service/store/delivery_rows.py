"""Deliveries as lists show them: a row each, never with the event's content."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from redis.asyncio import Redis

from service.endpoints.filters import matching
from service.events.event import StoredEvent
from service.events.types import event_type
from service.store import heads
from service.store.keys import Keys
from service.store.position import Position, as_text

STEP = 200
"""Deliveries that a list looks at in one go."""
MOST_SCANNED = 5000
"""Deliveries, or events of the log, that one page looks through; the next page goes on from there."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery. `attempts` is how many were made; times are ISO 8601 UTC.

    `at` is when a dead one died, when the last attempt at a delivered one began, and else when its event was stored.
    What the log has forgotten, and no dead delivery has a copy of, is None.
    """

    event_id: str
    endpoint_id: str
    type: str | None
    conversation_id: str | None
    sequence: int | None
    state: str
    reason: str | None = None
    attempts: int
    at: str | None
    next_attempt_at: str | None = None


class RowPage(msgspec.Struct, frozen=True):
    """Some deliveries, and the position of the next page as text (None: no more)."""

    deliveries: list[Row]
    next: str | None


Placed = tuple[Position, Row | None]
"""A place in a list, and its delivery; None for one that has gone since, or is none of the list's."""
Source = Callable[[Position | None, int], Awaitable[Sequence[Placed]]]
"""Reads so many places behind a position; fewer than were asked for: there are no more."""


class About(msgspec.Struct, frozen=True):
    """What a row says of the event itself."""

    type: str | None = None
    conversation_id: str | None = None
    sequence: int | None = None


def about(event: StoredEvent | None) -> About:
    """Return what a row says of an event, nothing for one that the log has lost. Pure."""
    return About(event_type(event), event.conversation_id, event.sequence) if event else About()


async def about_entries(redis: Redis, keys: Keys, entry_ids: Sequence[str]) -> dict[str, About]:
    """Return what rows say of the events of these entries. Raises redis.exceptions.RedisError."""
    known = await heads.of_entries(redis, keys, entry_ids)
    return {entry_id: about(known.get(entry_id)) for entry_id in entry_ids}


async def page(source: Source, *, limit: int, after: Position | None, type_filter: str | None) -> RowPage:
    """Return the next `limit` deliveries of a source; fewer, or none, may come with a `next` where they are rare.

    `type_filter` is a type or a pattern. Raises what the source raises.
    """
    found: list[tuple[Position, Row]] = []
    at, scanned = after, 0
    while True:
        batch = await source(at, STEP)
        found += [(p, row) for p, row in batch if row is not None and _wanted(row, type_filter)]
        at, scanned = batch[-1][0] if batch else at, scanned + STEP
        if len(found) > limit:
            return _page(found[:limit], found[limit - 1][0])
        if len(batch) < STEP:
            return _page(found, None)
        if len(found) == limit or scanned >= MOST_SCANNED:
            return _page(found, at)


def _wanted(row: Row, type_filter: str | None) -> bool:
    return type_filter is None or (row.type is not None and matching((type_filter,), row.type) is not None)


def _page(found: list[tuple[Position, Row]], then: Position | None) -> RowPage:
    return RowPage([row for _, row in found], None if then is None else as_text(then))
