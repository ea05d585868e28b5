"""The way of the commands to the endpoints in Redis."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import Redis

from service.cli.data_dir import KEPT
from service.endpoints.addresses import networks
from service.endpoints.endpoint import Endpoint
from service.endpoints.shown import Shown
from service.registration import Egress
from service.registry.overview import overview
from service.registry.registry import Registry
from service.settings import InvalidSettingsError, Settings
from service.store.client import connect
from service.store.keys import Keys
from service.store.secrets import Sealer, check_fingerprint
from service.tasks import interruptible

T = TypeVar("T")


def on_redis(settings: Settings, action: Callable[[Redis, Keys], Awaitable[T]]) -> T:
    """Return what an action on a connection of its own returns; raises what it raises."""

    async def run() -> T:
        redis = connect(settings.redis_address())
        try:
            return await action(redis, Keys(settings.key_prefix))
        finally:
            await redis.aclose()

    return asyncio.run(interruptible(run()))


def on_registry(settings: Settings, action: Callable[[Registry], Awaitable[T]]) -> T:
    """Return what an action with all that it takes to change endpoints returns; raises what it raises.

    Raises InvalidSettingsError without SECRET_KEY, and service.store.secrets.WrongSecretKeyError with another one.
    """
    sealer = sealer_of(settings)

    async def run(redis: Redis, keys: Keys) -> T:
        await check_fingerprint(redis, keys, sealer)
        return await action(Registry(redis, keys, sealer, egress_of(settings)))

    return on_redis(settings, run)


def egress_of(settings: Settings) -> Egress:
    """Return what subscribers' URLs are allowed."""
    return Egress(settings.allow_http_endpoints, networks(settings.egress_allow))


def sealer_of(settings: Settings) -> Sealer:
    """Return what opens the secrets. Raises InvalidSettingsError without SECRET_KEY."""
    if not settings.secret_key:
        place = settings.data_dir / KEPT["SECRET_KEY"]
        raise InvalidSettingsError(
            (f"SECRET_KEY: is not set, and `up` has left none in {place}; for example SECRET_KEY=a long random text",)
        )
    return Sealer(settings.secret_key.get_secret_value())


async def shown(redis: Redis, keys: Keys, settings: Settings | None, *endpoints: Endpoint) -> list[Shown]:
    """Return endpoints as they are shown; SECRET_KEY is needed only where something of them is sealed and shown.

    Without settings, that is left out.
    """
    sealer = None if settings is None else lambda: sealer_of(settings)
    return await overview(redis, keys, sealer, endpoints, now_ms())


def now_ms() -> int:
    """Return the time in milliseconds since 1970."""
    return int(time.time() * 1000)
