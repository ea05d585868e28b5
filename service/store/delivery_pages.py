"""Lists of deliveries, a page at a time, by endpoint, state, type and time.

Each state is read where it is kept: dead and skipped ones newest first, retrying ones by the time they are due,
waiting ones in the order in which they go. What has arrived is in no list: there, and for any state, the log is
walked, newest first, and each page looks through a bounded part of it.
"""

from typing import Literal

import msgspec
from redis.asyncio import Redis

from service.store import endpoints
from service.store.delivery_rows import Placed, Row, RowPage, Source, page
from service.store.endpoints import Listing
from service.store.keys import Keys
from service.store.missed import dead_rows, skipped_rows
from service.store.position import Position
from service.store.routed_rows import rows_anywhere, rows_at
from service.store.scored import Span
from service.store.under_way import retrying_rows, waiting_rows

State = Literal["waiting", "retrying", "delivered", "dead", "skipped"]
STATES: tuple[State, ...] = ("waiting", "retrying", "delivered", "dead", "skipped")


class WantedDeliveries(msgspec.Struct, frozen=True):
    """Which deliveries: at most `limit` behind the position `after`; None leaves a condition out.

    `type` is a type or a pattern. `since_ms`: dead ones that died since then, others whose event was stored since.
    """

    limit: int
    after: Position | None = None
    endpoint_id: str | None = None
    state: State | None = None
    type: str | None = None
    since_ms: int | None = None


async def delivery_page(redis: Redis, keys: Keys, wanted: WantedDeliveries) -> RowPage | None:
    """Return a page, None where there is no such endpoint. Raises redis.exceptions.RedisError."""
    known = await endpoints.listing(redis, keys)
    if wanted.endpoint_id is not None and wanted.endpoint_id not in known.endpoints:
        return None
    source = _source(redis, keys, wanted, known)
    return await page(source, limit=wanted.limit, after=wanted.after, type_filter=wanted.type)


def _source(redis: Redis, keys: Keys, wanted: WantedDeliveries, known: Listing) -> Source:
    low = wanted.since_ms or 0
    names = list(known.endpoints) if wanted.endpoint_id is None else [wanted.endpoint_id]
    match wanted.state:
        case "dead":
            return lambda after, count: dead_rows(redis, keys, names, Span(low=low), after, count)
        case "skipped":
            return lambda after, count: skipped_rows(redis, keys, names, Span(low=low), after, count)
        case "retrying":
            return lambda after, count: retrying_rows(redis, keys, wanted.endpoint_id, low, after, count)
        case "waiting":
            return lambda after, count: waiting_rows(redis, keys, names, low, after, count)
        case _:
            return _log(redis, keys, wanted, known, low)


def _log(redis: Redis, keys: Keys, wanted: WantedDeliveries, known: Listing, low: int) -> Source:
    def fits(row: Row | None) -> Row | None:
        return row if row is None or wanted.state in {None, row.state} else None

    async def read(after: Position | None, count: int) -> list[Placed]:
        if wanted.endpoint_id is None:
            placed = await rows_anywhere(redis, keys, known.endpoints, low, after, count)
        else:
            placed = await rows_at(redis, keys, wanted.endpoint_id, low, after, count)
        return [(place, fits(row)) for place, row in placed]

    return read
