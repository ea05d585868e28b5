"""Deliveries by walking the log, newest first: those that arrived, which no list of their own remembers, or all."""

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from service.endpoints.endpoint import Endpoint
from service.events.event import StoredEvent
from service.events.explained import Attempt, Facts, deliveries, state_and_reason
from service.events.times import from_milliseconds
from service.events.types import event_type
from service.store import delivery_states, heads
from service.store.delivery_rows import Placed, Row, about
from service.store.keys import Keys
from service.store.lag import stored_ms
from service.store.position import Position

EVENTS_AT_ONCE = 20
"""Events whose deliveries to all endpoints are read in one go."""
_LAST = "~"
"""Comes after every endpoint: the position behind all deliveries of an event."""
_SETTLED = ("delivered", "dead")


async def rows_at(
    redis: Redis, keys: Keys, endpoint_id: str, low_ms: int, after: Position | None, count: int
) -> list[Placed]:
    """Return the next events of the log, stored since `low_ms`, with what became of them at one endpoint."""
    high = "+" if after is None else f"({after.member}"
    found = await heads.newest_first(redis, keys, high, f"{low_ms}-0", count)
    states = await delivery_states.states(redis, keys, endpoint_id, [event.id for event in found])
    placed: list[Placed] = []
    for event, known in zip(found, states, strict=True):
        row = _row(event, endpoint_id, known.state, known.attempts, known.last) if known.state else None
        placed.append((Position(0, _LAST, event.entry_id), row))
    return placed


async def rows_anywhere(
    redis: Redis, keys: Keys, endpoints: Mapping[str, Endpoint], low_ms: int, after: Position | None, count: int
) -> list[Placed]:
    """Return the deliveries of the next events of the log, to all endpoints; at least `count` where there are more."""
    placed: list[Placed] = []
    high, behind = ("+", "") if after is None else (after.member, after.endpoint_id)
    while len(placed) < count:
        found = await heads.newest_first(redis, keys, high, f"{low_ms}-0", EVENTS_AT_ONCE)
        for event, fields in zip(found, await _fields(redis, keys, found), strict=True):
            past = behind if after is not None and event.entry_id == after.member else ""
            placed += [one for one in _rows(event, fields, endpoints) if one[0].endpoint_id > past]
        if len(found) < EVENTS_AT_ONCE:
            break
        high = f"({found[-1].entry_id}"
    return placed


def _rows(event: StoredEvent, fields: Mapping[str, bytes], endpoints: Mapping[str, Endpoint]) -> list[Placed]:
    told = deliveries(Facts(event_type(event), stored_ms(event.entry_id), fields, endpoints))
    rows: list[Placed] = []
    for one in told:
        state = one.state if one.reason is None or one.state == "dead" else f"{one.state}:{one.reason}"
        last = one.attempts[-1] if one.attempts else None
        row = _row(event, one.endpoint_id, state, len(one.attempts), last)
        rows.append((Position(0, one.endpoint_id, event.entry_id), row))
    return [*rows, (Position(0, _LAST, event.entry_id), None)]


async def _fields(redis: Redis, keys: Keys, found: list[StoredEvent]) -> list[dict[str, bytes]]:
    pipeline = redis.pipeline(transaction=False)
    for event in found:
        pipeline.hgetall(keys.event_deliveries(event.id))
    replies: list[Any] = await pipeline.execute() if found else []
    return [{name.decode(): value for name, value in reply.items()} for reply in replies]


def _row(event: StoredEvent, endpoint_id: str, recorded: str, attempts: int, last: Attempt | None) -> Row:
    state, reason = state_and_reason(recorded)
    told = about(event)
    stored = from_milliseconds(stored_ms(event.entry_id))
    return Row(
        event_id=event.id, endpoint_id=endpoint_id, type=told.type, conversation_id=told.conversation_id,
        sequence=told.sequence, state=state, reason=reason, attempts=attempts,
        at=last.at if last is not None and state in _SETTLED else stored,
        next_attempt_at=last.next if last is not None and state == "retrying" else None,
    )  # fmt: skip
