"""The way of a replay: through what was skipped, through the log, through what died; oldest first, some at a time.

Each step names its place, so that whoever comes next goes on behind it. Nobody gets an event twice by that:

- What was skipped leaves its list in the script that lets it wait again, so no second look finds it.
- What died is looked for by the time of its death, up to when the replay was asked for: dying again is later than that.
- What stands in the log is passed over while it waits or is retried, and once an attempt has been made since the
  replay was asked for. That holds whoever made it, so it also keeps out what live traffic brought meanwhile.
"""

from collections.abc import Sequence

import msgspec
from redis.asyncio import Redis

from service.endpoints.endpoint import Endpoint
from service.endpoints.filters import matching
from service.events.event import StoredEvent
from service.events.explained import PASSED_OVER, UNDER_WAY
from service.events.replay import PARTS, Place, Replay
from service.events.times import from_milliseconds
from service.events.types import event_type
from service.store import dead, heads, scored
from service.store.delivery_states import DeliveryState, states
from service.store.keys import Keys
from service.store.lag import stored_ms
from service.store.missed import skipped_of
from service.store.position import Position
from service.store.predecessors import redelivery
from service.store.redelivery import Redelivery, redeliver
from service.store.retry import redelivery_of
from service.store.scored import Span

AT_ONCE = 200
"""Places that are looked at in one go."""


class Step(msgspec.Struct, frozen=True):
    """One place, and the event to be put there (None: not meant, or gone) with its type."""

    place: Place
    type: str = ""
    event: Redelivery | StoredEvent | None = None


async def steps(redis: Redis, keys: Keys, endpoint: Endpoint, replay: Replay, after: Place | None) -> list[Step]:
    """Return the next places behind `after`, none at the end of the way. Raises redis.exceptions.RedisError."""
    parts = PARTS[replay.request.only]
    for part in parts[parts.index(after.part) if after else 0 :]:
        behind = after if after is not None and after.part == part else None
        found = await _READ[part](redis, keys, endpoint, replay, behind)
        if found:
            return found
    return []


async def count(redis: Redis, keys: Keys, endpoint: Endpoint, replay: Replay) -> dict[str, int]:
    """Return how many events a replay would put now, by type. Raises redis.exceptions.RedisError."""
    by_type: dict[str, int] = {}
    after: Place | None = None
    while found := await steps(redis, keys, endpoint, replay, after):
        for step in found:
            if step.event is not None:
                by_type[step.type] = by_type.get(step.type, 0) + 1
        after = found[-1].place
    return dict(sorted(by_type.items()))


async def put(redis: Redis, keys: Keys, endpoint: Endpoint, replay: Replay, chosen: Sequence[Step]) -> int:
    """Let the events of some steps wait for the endpoint again; return how many do. Raises RedisError."""
    since_ms = replay.request.since_ms if replay.request.only == "all" else None
    items: list[Redelivery] = []
    for step in chosen:
        if isinstance(step.event, Redelivery):
            items.append(step.event)
        elif step.event is not None:
            items.append(await redelivery(redis, keys, endpoint, step.event, since_ms))
    return await redeliver(redis, keys, endpoint, items)


async def _skipped(redis: Redis, keys: Keys, endpoint: Endpoint, replay: Replay, after: Place | None) -> list[Step]:
    span = Span(low=replay.request.since_ms, high=replay.asked_ms, newest_first=False)
    places = await _scored(redis, endpoint, keys.skipped(endpoint.id), span, after)
    missed = [skipped_of(place.member) for place in places]
    known = await heads.of_entries(redis, keys, [one.entry_id for one in missed])
    found = []
    for place, one in zip(places, missed, strict=True):
        event = known.get(one.entry_id)
        name = event_type(event) if event else ""
        item = None
        if event is not None and matching(replay.request.types, name):
            item = Redelivery(event.entry_id, event.id, one.previous or None, event.conversation_id, event.sequence)
        found.append(Step(Place("skipped", place.number, place.member), name, item))
    return found


async def _log(redis: Redis, keys: Keys, endpoint: Endpoint, replay: Replay, after: Place | None) -> list[Step]:
    low = f"({after.member}" if after else f"{replay.request.since_ms or 0}-0"
    events = await heads.oldest_first(redis, keys, low, replay.until, AT_ONCE)
    meant = [event for event in events if matching(replay.request.types, event_type(event))]
    known = dict(zip(meant, await states(redis, keys, endpoint.id, [event.id for event in meant]), strict=True))
    asked = from_milliseconds(replay.asked_ms)
    return [
        Step(
            Place("log", 0, event.entry_id),
            event_type(event),
            event if event in known and not _has_it(known[event], asked) else None,
        )
        for event in events
    ]


def _has_it(known: DeliveryState, asked: str) -> bool:
    over = known.state in {*UNDER_WAY, PASSED_OVER}
    return over or (known.last is not None and known.last.at >= asked)


async def _dead(redis: Redis, keys: Keys, endpoint: Endpoint, replay: Replay, after: Place | None) -> list[Step]:
    low = replay.request.since_ms if replay.request.only == "dead" else None
    span = Span(low=low, high=replay.asked_ms, newest_first=False)
    places = await _scored(redis, endpoint, keys.dead_at(endpoint.id), span, after)
    names = [place.member for place in places]
    records = await dead.fetch(redis, keys, endpoint.id, names)
    known = await states(redis, keys, endpoint.id, names)
    logged = await heads.of_entries(redis, keys, [one.entry_id for one in records if one and one.entry_id])
    found = []
    for place, record, state in zip(places, records, known, strict=True):
        item = redelivery_of(record) if record is not None and state.state in {None, "dead"} else None
        name = record.type or "" if record is not None else ""
        meant = item is not None and matching(replay.request.types, name) and _in_part(replay, item, logged)
        found.append(Step(Place("dead", place.number, place.member), name, item if meant else None))
    return found


def _in_part(replay: Replay, item: Redelivery, logged: dict[str, StoredEvent]) -> bool:
    """Return whether a dead one is this part's: not stored too early, and not passed in the log already."""
    since_ms = replay.request.since_ms
    if replay.request.only == "dead" or since_ms is None or stored_ms(item.entry_id) >= since_ms:
        return replay.request.only != "all" or item.entry_id not in logged
    return False


async def _scored(redis: Redis, endpoint: Endpoint, key: str, span: Span, after: Place | None) -> list[Position]:
    behind = None if after is None else Position(after.number, endpoint.id, after.member)
    return await scored.read(redis, {endpoint.id: key}, span, after=behind, count=AT_ONCE)


_READ = {"skipped": _skipped, "log": _log, "dead": _dead}
