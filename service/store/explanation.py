"""An event's whole way: that it was received, whether it is routed, each attempt to each endpoint, and its jobs."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from redis.asyncio import Redis

from service.events.event import StoredEvent
from service.store import events, job_pages
from service.store.job_pages import JobPage
from service.store.keys import Keys
from service.store.lag import routing_cursor

REMOVED = "the endpoint was removed"
_UNSETTLED = ("waiting", "retrying")


class Attempt(msgspec.Struct, frozen=True):
    """One attempt: when it began (ISO 8601 UTC), the answer's status or the error, and how long it took."""

    at: str
    status: int | None
    ms: int
    error: str | None


class Delivery(msgspec.Struct, frozen=True):
    """What became of the event for one endpoint.

    `state` is waiting (its turn has not come, or it is under way), retrying, delivered, dead, or skipped; `reason`
    says why a dead or skipped one was not delivered.
    """

    endpoint_id: str
    state: str
    reason: str | None
    attempts: list[Attempt]


class Explanation(msgspec.Struct, frozen=True):
    """Everything that is known of one event. Not routed: no relay has looked at it yet.

    Attempts are kept for 72 hours once all is delivered at the first try, and for 30 days else.
    """

    event: StoredEvent
    routed: bool
    deliveries: list[Delivery]
    jobs: list[JobPage]


_attempt = msgspec.json.Decoder(Attempt).decode


class _Dead(msgspec.Struct):
    reason: str


_dead = msgspec.json.Decoder(_Dead).decode


async def explain(redis: Redis, keys: Keys, event_id: str) -> Explanation | None:
    """Return an event's way, None where the log does not have the event (any more). Raises RedisError."""
    event = await events.fetch(redis, keys, event_id)
    if event is None:
        return None
    return Explanation(
        event,
        _order(event.entry_id) <= _order(await routing_cursor(redis, keys)),
        await _deliveries(redis, keys, event_id),
        await job_pages.of_event(redis, keys, event_id),
    )


async def _deliveries(redis: Redis, keys: Keys, event_id: str) -> list[Delivery]:
    fields: Any = await redis.hgetall(keys.event_deliveries(event_id))
    known = {name.decode(): value for name, value in fields.items()}
    chosen = [name for name in known if ":" not in name]
    pipeline = redis.pipeline(transaction=False)
    for endpoint_id in chosen:
        pipeline.hexists(keys.endpoints, endpoint_id)
        pipeline.hget(keys.dead(endpoint_id), event_id)
    replies = await pipeline.execute() if chosen else []
    present = {name for name, exists in zip(chosen, replies[::2], strict=True) if exists}
    dead = {name: _dead(record).reason for name, record in zip(chosen, replies[1::2], strict=True) if record}
    return shape(known, present, dead)


def shape(fields: Mapping[str, bytes], present: Collection[str], dead: Mapping[str, str]) -> list[Delivery]:
    """Return the deliveries that a record tells of. Pure.

    `fields` maps `<endpoint>` to its state and `<endpoint>:<n>` to attempt n; `present` are the endpoints that exist,
    `dead` the reasons of dead deliveries.
    """
    attempts: dict[str, list[tuple[int, Attempt]]] = {}
    for name, value in fields.items():
        endpoint_id, colon, number = name.partition(":")
        if colon:
            attempts.setdefault(endpoint_id, []).append((int(number), _attempt(value)))
    found = []
    for endpoint_id in sorted(name for name in fields if ":" not in name):
        state, reason = fields[endpoint_id].decode(), dead.get(endpoint_id)
        if state in _UNSETTLED and endpoint_id not in present:
            state, reason = "skipped", REMOVED
        ordered = [attempt for _, attempt in sorted(attempts.get(endpoint_id, ()), key=lambda pair: pair[0])]
        found.append(Delivery(endpoint_id, state, reason if state in {"dead", "skipped"} else None, ordered))
    return found


def _order(entry_id: str) -> tuple[int, int]:
    ms, _, number = entry_id.partition("-")
    return int(ms), int(number or 0)
