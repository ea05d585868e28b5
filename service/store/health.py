"""How endpoints fare, as it stands in Redis."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from service.endpoints.health import Health
from service.store.keys import Keys

_NUMBERS = ("last_success", "first_failure", "failures", "warned", "pauses")


async def health(redis: Redis, keys: Keys, endpoint_ids: Sequence[str]) -> dict[str, Health]:
    """Return the health of each of these endpoints. Raises redis.exceptions.RedisError."""
    pipeline = redis.pipeline(transaction=False)
    for endpoint_id in endpoint_ids:
        pipeline.hmget(keys.endpoint_health(endpoint_id), *_NUMBERS)
        pipeline.zscore(keys.paused, endpoint_id)
    replies: list[Any] = await pipeline.execute() if endpoint_ids else []
    return dict(zip(endpoint_ids, map(_health, replies[::2], replies[1::2]), strict=True))


def _health(fields: Sequence[bytes | None], paused: float | None) -> Health:
    success, first, failures, warned, pauses = (None if value is None else int(value) for value in fields)
    return Health(
        last_success=success,
        first_failure=first,
        failures=failures or 0,
        warned=warned or 0,
        paused_until=None if paused is None else int(paused),
        pauses=pauses or 0,
    )


async def clear(redis: Redis, keys: Keys, endpoint_id: str) -> None:
    """Forget how an endpoint fared: it begins anew. Raises redis.exceptions.RedisError."""
    pipeline = redis.pipeline(transaction=True)
    pipeline.delete(keys.endpoint_health(endpoint_id))
    pipeline.zrem(keys.paused, endpoint_id)
    await pipeline.execute()
