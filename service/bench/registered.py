"""Endpoints of a measurement, put straight into its Redis: a thousand by way of the command would take minutes."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from redis.asyncio import Redis

from service.endpoints.endpoint import ALL_TYPES, Endpoint
from service.endpoints.secret import MADE
from service.store import endpoints
from service.store.client import connect
from service.store.health import health
from service.store.keys import Keys
from service.store.secrets import Sealer

T = TypeVar("T")


class Subscriber(msgspec.Struct, frozen=True):
    """An endpoint to be; `rate_limit` is in deliveries a second."""

    url: str
    types: tuple[str, ...] = ALL_TYPES
    rate_limit: float | None = None


def register(socket: Path, secret_key: str, subscribers: Sequence[Subscriber]) -> list[str]:
    """Store an endpoint for each in the Redis behind a unix socket, and return their ids.

    `secret_key` is the relays'. Raises redis.exceptions.RedisError.
    """
    sealer = Sealer(secret_key)
    made = [_endpoint(sealer, one) for one in subscribers]

    async def put(redis: Redis, keys: Keys) -> None:
        for endpoint in made:
            await endpoints.put(redis, keys, endpoint)

    _on_redis(socket, put)
    return [endpoint.id for endpoint in made]


def failures(socket: Path, endpoint_id: str) -> int:
    """Return how many attempts at an endpoint have failed since the last that did not."""
    known = _on_redis(socket, lambda redis, keys: health(redis, keys, [endpoint_id]))
    return known[endpoint_id].failures


def _endpoint(sealer: Sealer, one: Subscriber) -> Endpoint:
    return Endpoint(
        id=f"ep_{secrets.token_hex(8)}",
        url=one.url,
        types=one.types,
        sealed_secret=sealer.seal(secrets.token_bytes(MADE)),
        created_at=int(time.time() * 1000),
        rate_limit=one.rate_limit,
    )


def _on_redis(socket: Path, action: Callable[[Redis, Keys], Awaitable[T]]) -> T:
    async def run() -> T:
        redis = connect(f"unix://{socket}")
        try:
            return await action(redis, Keys())
        finally:
            await redis.aclose()

    return asyncio.run(run())
