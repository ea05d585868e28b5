"""An event's whole way: that it was received, whether it is routed, each attempt to each endpoint, and its jobs."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from redis.asyncio import Redis

from service.endpoints.endpoint import Endpoint
from service.events.envelope import envelope
from service.events.event import StoredEvent
from service.events.explained import Delivery, Facts, Unmatched, deliveries, unmatched
from service.events.times import from_milliseconds
from service.events.types import event_type
from service.store import dead, endpoints, events, health, job_pages
from service.store.dead import DeadDelivery
from service.store.job_pages import JobPage
from service.store.keys import Keys
from service.store.lag import routing_cursor, stored_ms


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of one event; `body` is what its subscribers get.

    `received_at` (ISO 8601 UTC) is when it was stored, None where only a dead delivery's copy of the event is left and
    does not say. Not routed: no relay has looked at it yet. Attempts are kept for 72 hours once all is delivered at
    the first try, and for 30 days else. `unmatched` are endpoints that existed and did not get it. `correlated_by`:
    what led to its conversation where the sender does not name it, a SID or the two addresses of who talks.
    """

    body: bytes
    received_at: str | None
    correlated_by: Literal["sid", "addresses"] | None
    routed: bool
    deliveries: list[Delivery]
    unmatched: list[Unmatched]
    jobs: list[JobPage]


def shown(found: Explanation) -> dict[str, object]:
    """Return an explanation as it is told in JSON. Pure."""
    rest = {name: value for name, value in msgspec.structs.asdict(found).items() if name != "body"}
    return {"event": msgspec.Raw(found.body), **rest}


async def explain(redis: Redis, keys: Keys, event_id: str) -> Explanation | None:
    """Return an event's way, None where neither the log nor a dead delivery has the event. Raises RedisError."""
    event = await events.fetch(redis, keys, event_id)
    reply: Any = await redis.hgetall(keys.event_deliveries(event_id))
    fields: dict[str, bytes] = {name.decode(): value for name, value in reply.items()}
    died = await _dead(redis, keys, event_id, fields)
    if event is not None:
        return await _explained(redis, keys, event, fields, died)
    copy = next((one for one in died.values() if one.body is not None), None)
    return None if copy is None else await _remembered(redis, keys, copy, fields, died)


async def _explained(
    redis: Redis, keys: Keys, event: StoredEvent, fields: Mapping[str, bytes], died: Mapping[str, DeadDelivery]
) -> Explanation:
    routed = _order(event.entry_id) <= _order(await routing_cursor(redis, keys))
    known = (await endpoints.listing(redis, keys)).endpoints
    facts = Facts(
        event_type(event),
        stored_ms(event.entry_id),
        fields,
        known,
        await health.health(redis, keys, [name for name in fields if name in known]),
        {endpoint_id: one.reason for endpoint_id, one in died.items()},
        await _behind(redis, keys, event, [known[name] for name in fields if name in known]),
    )
    return Explanation(
        body=envelope(event),
        received_at=from_milliseconds(stored_ms(event.entry_id)),
        correlated_by=event.correlated_by,
        routed=routed,
        deliveries=deliveries(facts),
        unmatched=unmatched(facts) if routed else [],
        jobs=await job_pages.of_event(redis, keys, event.id),
    )


async def _remembered(
    redis: Redis, keys: Keys, copy: DeadDelivery, fields: Mapping[str, bytes], died: Mapping[str, DeadDelivery]
) -> Explanation:
    """Explain an event that the log has lost."""
    known = (await endpoints.listing(redis, keys)).endpoints
    stored = stored_ms(copy.entry_id) if copy.entry_id else None
    reasons = {endpoint_id: one.reason for endpoint_id, one in died.items()}
    told = deliveries(Facts(copy.type or "", stored or 0, fields, known, {}, reasons))
    jobs = await job_pages.of_event(redis, keys, copy.event_id)
    received_at = None if stored is None else from_milliseconds(stored)
    return Explanation(
        body=copy.body or b"", received_at=received_at, correlated_by=None, routed=True, deliveries=told,
        unmatched=[], jobs=jobs,
    )  # fmt: skip


async def _dead(redis: Redis, keys: Keys, event_id: str, fields: Mapping[str, bytes]) -> dict[str, DeadDelivery]:
    chosen = [name for name in fields if ":" not in name]
    pipeline = redis.pipeline(transaction=False)
    for endpoint_id in chosen:
        pipeline.hget(keys.dead(endpoint_id), event_id)
    values = await pipeline.execute() if chosen else []
    return {n: dead.dead_delivery(event_id, value) for n, value in zip(chosen, values, strict=True) if value}


async def _behind(redis: Redis, keys: Keys, event: StoredEvent, asked: list[Endpoint]) -> dict[str, str]:
    """Return, for endpoints where the event stands in line, the sequence that goes before it."""
    if event.conversation_id is None or event.sequence is None:
        return {}
    place = f"{event.conversation_id}|{event.sequence:012d}|"
    found: dict[str, str] = {}
    for endpoint in asked:
        if not endpoint.ordered:
            continue
        members: Any = await redis.zrangebylex(keys.ordered(endpoint.id), f"[{place}", f"({place[:-1]}}}")
        if members:
            found[endpoint.id] = members[0].decode().rsplit("|", 2)[1]
    return found


def _order(entry_id: str) -> tuple[int, int]:
    ms, _, number = entry_id.partition("-")
    return int(ms), int(number or 0)
