"""Changing an endpoint: read it, decide, and put it back only where nobody else has changed it meanwhile."""

from collections.abc import Awaitable, Callable

import msgspec
from redis.asyncio import Redis

from service.endpoints.endpoint import Endpoint
from service.endpoints.rotation import still_signing
from service.store import endpoints
from service.store.keys import Keys

TRIES = 20
"""How often to begin anew: enough for people and their scripts, and an end for what goes round in circles."""

Decision = Callable[[Endpoint], Awaitable[Endpoint]]


class ContendedError(Exception):
    """Others kept changing the endpoints; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("somebody else keeps changing the endpoints; nothing was changed, try again")


async def alter(redis: Redis, keys: Keys, endpoint_id: str, decide: Decision, now_ms: int) -> Endpoint | None:
    """Return an endpoint as it stands after `decide` has made another of it, None where there is none.

    `decide` is asked anew whenever somebody else was quicker; what it raises is raised, and nothing is changed then.
    Old secrets whose time is over go with the change. Raises ContendedError, and redis.exceptions.RedisError.
    """
    for _ in range(TRIES):
        old = await endpoints.get(redis, keys, endpoint_id)
        if old is None:
            return None
        new = await decide(old)
        if new == old:
            return old
        new = msgspec.structs.replace(new, retired=still_signing(new, now_ms))
        if await endpoints.change(redis, keys, old, new):
            return new
    raise ContendedError
