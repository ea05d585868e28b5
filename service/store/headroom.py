"""What a replay must heed before it puts more: who waits at the endpoint, or for a worker."""

from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from service.store.deliveries import GROUP
from service.store.keys import Keys


class Headroom(msgspec.Struct, frozen=True, kw_only=True):
    """How many deliveries stand in the endpoint's stream that no relay has taken.

    `paused` is the seconds until the endpoint's next probe, None where it is not paused; `others_due` whether a job is
    due that no worker has taken.
    """

    unread: int
    paused: float | None
    others_due: bool


async def headroom(redis: Redis, keys: Keys, endpoint_id: str) -> Headroom:
    """Return what is to be heeded at an endpoint. Raises redis.exceptions.RedisError."""
    pipeline = redis.pipeline(transaction=False)
    pipeline.xlen(keys.deliveries(endpoint_id))
    pipeline.xpending(keys.deliveries(endpoint_id), GROUP)
    pipeline.zscore(keys.paused, endpoint_id)
    pipeline.zrange(keys.jobs_due, 0, 0, withscores=True)
    pipeline.time()
    length, pending, paused, due, (seconds, micro) = map(_reply, await pipeline.execute(raise_on_error=False))
    now = seconds * 1000 + micro / 1000
    return Headroom(
        unread=length - (pending["pending"] if pending else 0),
        paused=None if paused is None else max(0.0, (paused - now) / 1000),
        others_due=bool(due) and due[0][1] <= now,
    )


def _reply(reply: Any) -> Any:  # noqa: ANN401 - what Redis replied
    if isinstance(reply, ResponseError) and str(reply).startswith("NOGROUP"):
        # The stream is gone, or is about to be mended.
        return None
    if isinstance(reply, Exception):
        raise reply
    return reply
