"""What endpoints did not get: deliveries that died, and events that were skipped. Newest first."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from service.events.explained import state_and_reason
from service.events.times import from_milliseconds
from service.store import dead, scored
from service.store.dead import DeadDelivery
from service.store.delivery_rows import Placed, Row, about_entries
from service.store.keys import Keys
from service.store.position import Position
from service.store.scored import Span

DEAD = "dead"
SKIPPED = "skipped"


class Skipped(msgspec.Struct, frozen=True):
    """An event that a disabled endpoint missed; `previous` is '' without a conversation."""

    entry_id: str
    event_id: str
    previous: str
    conversation_id: str


def skipped_of(member: str) -> Skipped:
    """Return a member of `skipped:{endpoint}` as a value. Pure."""
    # A conversation's id is its sender's, and last in line whatever stands in it.
    return Skipped(*member.split("|", 3))


async def skipped_rows(
    redis: Redis, keys: Keys, endpoint_ids: Sequence[str], span: Span, after: Position | None, count: int
) -> list[Placed]:
    """Return the next skipped events of these endpoints, by the time at which they were stored."""
    names = {endpoint_id: keys.skipped(endpoint_id) for endpoint_id in endpoint_ids}
    places = await scored.read(redis, names, span, after=after, count=count)
    missed = [skipped_of(place.member) for place in places]
    known = await about_entries(redis, keys, [one.entry_id for one in missed])
    states = await _states(
        redis, keys, [(place.endpoint_id, one.event_id) for place, one in zip(places, missed, strict=True)]
    )
    found: list[Placed] = []
    for place, one, state in zip(places, missed, states, strict=True):
        word, reason = state_and_reason(state or SKIPPED)
        told = known[one.entry_id]
        row = Row(
            event_id=one.event_id, endpoint_id=place.endpoint_id, type=told.type, sequence=told.sequence,
            conversation_id=one.conversation_id or None, state=SKIPPED, reason=reason, attempts=0,
            at=from_milliseconds(place.number),
        )  # fmt: skip
        found.append((place, row if word == SKIPPED else None))
    return found


async def dead_rows(
    redis: Redis, keys: Keys, endpoint_ids: Sequence[str], span: Span, after: Position | None, count: int
) -> list[Placed]:
    """Return the next dead deliveries of these endpoints, by the time of their death.

    One that was given another go is none as long as that lasts.
    """
    names = {endpoint_id: keys.dead_at(endpoint_id) for endpoint_id in endpoint_ids}
    places = await scored.read(redis, names, span, after=after, count=count)
    states = await _states(redis, keys, [(place.endpoint_id, place.member) for place in places])
    records = await _records(redis, keys, places)
    return [
        (place, _dead_row(place, records.get((place.endpoint_id, place.member))) if state in {None, DEAD} else None)
        for place, state in zip(places, states, strict=True)
    ]


def _dead_row(place: Position, record: DeadDelivery | None) -> Row | None:
    if record is None:
        return None
    return Row(
        event_id=record.event_id, endpoint_id=place.endpoint_id, type=record.type, sequence=record.sequence,
        conversation_id=record.conversation_id, state=DEAD, reason=record.reason, attempts=record.attempts,
        at=record.at,
    )  # fmt: skip


async def _records(redis: Redis, keys: Keys, places: Sequence[Position]) -> Mapping[tuple[str, str], DeadDelivery]:
    of_endpoint: dict[str, list[str]] = {}
    for place in places:
        of_endpoint.setdefault(place.endpoint_id, []).append(place.member)
    found: dict[tuple[str, str], DeadDelivery] = {}
    for endpoint_id, event_ids in of_endpoint.items():
        records = await dead.fetch(redis, keys, endpoint_id, event_ids)
        found |= {(endpoint_id, record.event_id): record for record in records if record is not None}
    return found


async def _states(redis: Redis, keys: Keys, asked: Sequence[tuple[str, str]]) -> list[str | None]:
    """Return the recorded states of (endpoint, event) pairs."""
    pipeline = redis.pipeline(transaction=False)
    for endpoint_id, event_id in asked:
        pipeline.hget(keys.event_deliveries(event_id), endpoint_id)
    found: list[Any] = await pipeline.execute() if asked else []
    return [state.decode() if state else None for state in found]
