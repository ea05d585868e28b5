"""Events that an endpoint is to get again, or late: what was skipped, what died, what was before its time."""

from collections.abc import Sequence

import msgspec
from redis.asyncio import Redis

from service.endpoints.endpoint import Endpoint
from service.store.client import Argument, script
from service.store.deliveries import ROUTED_KEPT
from service.store.keys import Keys
from service.store.line import run_each


class Redelivery(msgspec.Struct, frozen=True):
    """An event for an endpoint; `previous`, `conversation_id` and `sequence` are None where it has no conversation."""

    entry_id: str
    event_id: str
    previous: str | None = None
    conversation_id: str | None = None
    sequence: int | None = None


async def redeliver(redis: Redis, keys: Keys, endpoint: Endpoint, items: Sequence[Redelivery]) -> int:
    """Let events wait for an endpoint again and return how many do; what waits already is left alone.

    Attempts are counted on, and the schedule begins anew. Raises redis.exceptions.RedisError; then some may wait.
    """
    code = script("redeliver")
    calls = [(code, _names(keys, endpoint.id, item), _arguments(keys, endpoint, item)) for item in items]
    replies = await run_each(redis, calls) if calls else []
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return sum(int(reply) for reply in replies)


def _names(keys: Keys, endpoint_id: str, item: Redelivery) -> tuple[str, ...]:
    return (
        keys.deliveries(endpoint_id), keys.event_deliveries(item.event_id), keys.skipped(endpoint_id),
        keys.ordered(endpoint_id), keys.turns(endpoint_id), keys.endpoints, keys.dead(endpoint_id),
    )  # fmt: skip


def _arguments(keys: Keys, endpoint: Endpoint, item: Redelivery) -> tuple[Argument, ...]:
    turn = item.conversation_id if endpoint.ordered and item.sequence is not None else None
    return (
        endpoint.id, item.entry_id, item.event_id, item.previous or "", turn or "", item.sequence or 0, keys.ready,
        ROUTED_KEPT * 1000,
    )  # fmt: skip
