"""Another go for one delivery, at once and by hand: one that died, was skipped, or has arrived before."""

from typing import Any, Literal

from redis.asyncio import Redis

from service.endpoints.endpoint import Endpoint
from service.endpoints.filters import matching
from service.events.types import event_type
from service.store import dead, endpoints, heads
from service.store.dead import DeadDelivery
from service.store.delivery_states import states
from service.store.keys import Keys
from service.store.lag import stored_ms
from service.store.missed import skipped_of
from service.store.predecessors import redelivery
from service.store.redelivery import Redelivery, redeliver

Verdict = Literal["accepted", "under_way", "disabled", "no_endpoint", "no_event", "not_meant"]
"""What became of the wish. `under_way`: the delivery waits, or is between two attempts, already. `not_meant`: the
event never was for this endpoint, and none of its types match."""


async def retry(redis: Redis, keys: Keys, endpoint_id: str, event_id: str) -> Verdict:
    """Let an event wait for an endpoint again, with the same id. Raises redis.exceptions.RedisError.

    A dead delivery goes even where the log has lost its event: it owns a copy, which stays until it has arrived.
    """
    endpoint = await endpoints.get(redis, keys, endpoint_id)
    if endpoint is None:
        return "no_endpoint"
    if endpoint.disabled is not None:
        return "disabled"
    item = await _item(redis, keys, endpoint, event_id)
    if not isinstance(item, Redelivery):
        return item
    return "accepted" if await redeliver(redis, keys, endpoint, [item]) else "under_way"


async def _item(redis: Redis, keys: Keys, endpoint: Endpoint, event_id: str) -> Redelivery | Verdict:
    (died,) = await dead.fetch(redis, keys, endpoint.id, [event_id])
    if died is not None and (item := redelivery_of(died)) is not None:
        return item
    event = await heads.of_event(redis, keys, event_id)
    if event is None:
        return "no_event"
    if (skipped := await _skipped(redis, keys, endpoint, event.entry_id)) is not None:
        return Redelivery(event.entry_id, event.id, skipped or None, event.conversation_id, event.sequence)
    (known,) = await states(redis, keys, endpoint.id, [event_id])
    if known.state is None and not matching(endpoint.types, event_type(event)):
        return "not_meant"
    return await redelivery(redis, keys, endpoint, event)


def redelivery_of(died: DeadDelivery) -> Redelivery | None:
    """Return a dead delivery as it goes once more, None for one that has nothing to send. Pure."""
    if died.body is None or died.entry_id is None:
        return None
    return Redelivery(died.entry_id, died.event_id, died.previous, died.conversation_id, died.sequence)


async def _skipped(redis: Redis, keys: Keys, endpoint: Endpoint, entry_id: str) -> str | None:
    """Return what stood before a skipped event, None for one that was not skipped."""
    ms = stored_ms(entry_id)
    members: Any = await redis.zrangebyscore(keys.skipped(endpoint.id), ms, ms)
    known = (skipped_of(member.decode()) for member in members)
    return next((one.previous for one in known if one.entry_id == entry_id), None)
