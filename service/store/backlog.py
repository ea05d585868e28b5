"""What an endpoint has before it: deliveries that wait for it, and those that it has missed."""

from collections.abc import Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from service.store.keys import Keys
from service.store.lag import retrying


class Backlog(msgspec.Struct, frozen=True):
    """Deliveries of one endpoint: `waiting` for an attempt, or under way; `missed` while it was disabled, or dead."""

    waiting: int
    missed: int


async def missed(redis: Redis, keys: Keys, endpoint_ids: Sequence[str]) -> dict[str, int]:
    """Return how many deliveries each of these endpoints has missed. Raises redis.exceptions.RedisError."""
    pipeline = redis.pipeline(transaction=False)
    for endpoint_id in endpoint_ids:
        pipeline.zcard(keys.skipped(endpoint_id))
        pipeline.hlen(keys.dead(endpoint_id))
    replies: list[Any] = await pipeline.execute() if endpoint_ids else []
    return {name: skipped + dead for name, skipped, dead in zip(endpoint_ids, replies[::2], replies[1::2], strict=True)}


async def backlog(redis: Redis, keys: Keys, endpoint_id: str) -> Backlog:
    """Return what an endpoint has before it. Raises redis.exceptions.RedisError."""
    pipeline = redis.pipeline(transaction=False)
    pipeline.xlen(keys.deliveries(endpoint_id))
    pipeline.zcard(keys.ordered(endpoint_id))
    in_stream, in_order = await pipeline.execute()
    between = (await retrying(redis, keys)).get(endpoint_id)
    waiting = in_stream + in_order + (between.count if between else 0)
    return Backlog(waiting, (await missed(redis, keys, [endpoint_id]))[endpoint_id])
