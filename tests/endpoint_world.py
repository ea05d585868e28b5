"""The real thing beside the model: endpoints in a Redis, on a clock of the test's own, leading to one subscriber."""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from typing import TypeVar

from service.endpoints.endpoint import Endpoint
from service.endpoints.rotation import RefusedRotationError
from service.endpoints.shown import Shown
from service.registration import InvalidEndpointError
from service.registry.overview import overview
from service.registry.registry import Registry
from service.registry.rotation import Rotation, rotate
from service.registry.trial import Trials
from service.store import endpoints
from service.store.client import connect
from service.store.keys import Keys
from service.store.secrets import Sealer
from tests.history import SECRET_KEY
from tests.leading_endpoint import LOOPBACK

T = TypeVar("T")

BEGINNING = 1_800_000_000_000
"""Milliseconds since 1970."""


class EndpointWorld:
    """What the functions behind the admin API and the commands work on."""

    def __init__(self, redis_url: str) -> None:
        """Empties the Redis, which must be the test's own."""
        self.now = BEGINNING
        self._loop, self._stack = asyncio.new_event_loop(), AsyncExitStack()
        self.registry = Registry(connect(redis_url), Keys(), Sealer(SECRET_KEY), LOOPBACK)
        self.does(self.registry.redis.flushall())
        trials = Trials(self.registry.sealer, LOOPBACK.allowed, lambda: self.now / 1000)
        self.trials = self.does(self._stack.enter_async_context(trials))

    def close(self) -> None:
        """Close what was opened."""
        self.does(self._stack.aclose())
        self.does(self.registry.redis.aclose(close_connection_pool=True))
        self._loop.close()

    def does(self, action: Awaitable[T]) -> T:
        """Return what an action returns."""
        return self._loop.run_until_complete(action)

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """Return an endpoint as it stands."""
        found = self.does(endpoints.get(self.registry.redis, self.registry.keys, endpoint_id))
        assert found is not None
        return found

    def shown(self) -> list[Shown]:
        """Return all endpoints as people see them."""
        to = self.registry
        known = self.does(endpoints.listing(to.redis, to.keys)).endpoints.values()
        return self.does(overview(to.redis, to.keys, lambda: to.sealer, list(known), self.now))

    def version(self) -> int:
        """Return the version that the endpoints stand in."""
        return self.does(endpoints.version(self.registry.redis, self.registry.keys))

    def rotated(self, endpoint_id: str, rotation: Rotation) -> tuple[Endpoint, str] | None:
        """Return what a rotation comes to, None where it is refused."""
        try:
            return self.does(rotate(self.registry, endpoint_id, rotation, self.now))
        except (RefusedRotationError, InvalidEndpointError):
            return None
