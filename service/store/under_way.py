"""Deliveries that are to come: waiting for their first attempt, or between two of them. The next to go come first."""

from collections.abc import Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from service.events.times import from_milliseconds
from service.store.delivery_rows import About, Placed, Row, about_entries
from service.store.keys import Keys
from service.store.lag import stored_ms
from service.store.position import Position

WAITING = "waiting"
RETRYING = "retrying"
_IN_STREAM, _IN_LINE = 0, 1


class Pending(msgspec.Struct, frozen=True):
    """A delivery as its place names it; `attempt` is the number of the next one."""

    endpoint_id: str
    entry_id: str
    event_id: str
    attempt: int


async def retrying_rows(
    redis: Redis, keys: Keys, endpoint_id: str | None, low_ms: int, after: Position | None, count: int
) -> list[Placed]:
    """Return the next deliveries between two attempts, of one endpoint or of all, by the time they are due.

    `low_ms` is when their event was stored at the earliest.
    """
    # The set is everybody's: an endpoint's own are picked out of it.
    low = "-inf" if after is None else after.number
    offset, found = 0, list[tuple[Position, Pending]]()
    while len(found) < count:
        pairs: Any = await redis.zrangebyscore(keys.retries, low, "+inf", offset, count, withscores=True)
        places = [Position(int(score), "", member.decode()) for member, score in pairs]
        found += [(place, retry_of(place.member)) for place in places if after is None or place > after]
        offset += count
        if len(pairs) < count:
            break
    rows = await _rows(redis, keys, found[:count], RETRYING)
    return [
        (place, row if endpoint_id in {None, row.endpoint_id} and _stored(row, low_ms) else None) for place, row in rows
    ]


def retry_of(member: str) -> Pending:
    """Return a member of `retries` as a value. Pure."""
    endpoint_id, entry_id, event_id, _, attempt, *_ = member.split("|", 6)
    return Pending(endpoint_id, entry_id, event_id, int(attempt))


async def waiting_rows(
    redis: Redis, keys: Keys, endpoint_ids: Sequence[str], low_ms: int, after: Position | None, count: int
) -> list[Placed]:
    """Return the next deliveries that wait at these endpoints, endpoint by endpoint: its stream, then who is in line.

    Those under way are among them. `low_ms` is when their event was stored at the earliest.
    """
    found: list[tuple[Position, Pending]] = []
    for endpoint_id in sorted(endpoint_ids):
        if len(found) >= count or (after is not None and endpoint_id < after.endpoint_id):
            continue
        behind = after if after is not None and after.endpoint_id == endpoint_id else None
        found += await _waiting_at(redis, keys, endpoint_id, behind, count - len(found))
    rows = await _rows(redis, keys, found, WAITING)
    return [(place, row if _stored(row, low_ms) else None) for place, row in rows]


async def _waiting_at(
    redis: Redis, keys: Keys, endpoint_id: str, after: Position | None, count: int
) -> list[tuple[Position, Pending]]:
    found: list[tuple[Position, Pending]] = []
    if after is None or after.number == _IN_STREAM:
        low = "-" if after is None else f"({after.member}"
        entries: Any = await redis.xrange(keys.deliveries(endpoint_id), low, "+", count)
        for token, fields in entries:
            one = Pending(endpoint_id, fields[b"e"].decode(), fields[b"i"].decode(), int(fields[b"n"]))
            found.append((Position(_IN_STREAM, endpoint_id, token.decode()), one))
    if len(found) == count:
        return found
    low = f"({after.member}" if after is not None and after.number == _IN_LINE else "-"
    members: Any = await redis.zrangebylex(keys.ordered(endpoint_id), low, "+", 0, count - len(found))
    for member in members:
        _, _, entry_id, event_id, _, attempt = member.decode().rsplit("|", 5)
        place = Position(_IN_LINE, endpoint_id, member.decode())
        found.append((place, Pending(endpoint_id, entry_id, event_id, int(attempt))))
    return found


async def _rows(
    redis: Redis, keys: Keys, found: Sequence[tuple[Position, Pending]], state: str
) -> list[tuple[Position, Row]]:
    known = await about_entries(redis, keys, [one.entry_id for _, one in found])
    return [(place, _row(place, one, known[one.entry_id], state)) for place, one in found]


def _row(place: Position, one: Pending, told: About, state: str) -> Row:
    return Row(
        event_id=one.event_id, endpoint_id=one.endpoint_id, type=told.type, conversation_id=told.conversation_id,
        sequence=told.sequence, state=state, attempts=one.attempt - 1, at=from_milliseconds(stored_ms(one.entry_id)),
        next_attempt_at=from_milliseconds(place.number) if state == RETRYING else None,
    )  # fmt: skip


def _stored(row: Row, low_ms: int) -> bool:
    return row.at is not None and row.at >= from_milliseconds(low_ms)
