"""Word of endpoints that were disabled or enabled, whoever did it: found by looking, so that a crash loses none."""

import asyncio
import time

from redis.asyncio import Redis

from service.endpoints.endpoint import Endpoint
from service.events.times import from_milliseconds
from service.store.endpoints import Listing
from service.store.keys import Keys
from service.store.operational import announce
from workers.directory import Directory

LOOK_EVERY = 1.0
"""Seconds between looks."""
NEWS = 86_400_000
"""Milliseconds after which a change is no news any more."""


class Announcements:
    """Raises `endpoint.disabled` and `endpoint.recovered`; any number of relays may, it is one event."""

    def __init__(self, redis: Redis, keys: Keys, retention: int, directory: Directory) -> None:
        """`retention` is the log's life in seconds."""
        self._redis, self._keys, self._retention, self._directory = redis, keys, retention, directory
        self._version = -1
        self._told: set[tuple[str, int]] = set()

    async def run(self) -> None:
        """Raise what was not raised yet, until cancelled. Raises RedisError: call it again then."""
        while True:
            if self._directory.listing.version != self._version:
                await self._look(self._directory.listing)
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self, listing: Listing) -> None:
        # What the log may have forgotten would be told again.
        news = int(time.time() * 1000) - min(NEWS, self._retention * 1000)
        for endpoint in listing.endpoints.values():
            at = endpoint.disabled.at if endpoint.disabled else endpoint.enabled_at
            if at > news and (endpoint.id, at) not in self._told:
                await self._tell(endpoint, at)
                self._told.add((endpoint.id, at))
        self._version = listing.version

    async def _tell(self, endpoint: Endpoint, at: int) -> None:
        data: dict[str, object] = {"endpoint_id": endpoint.id, "at": from_milliseconds(at)}
        if endpoint.disabled is not None:
            data["reason"] = endpoint.disabled.reason
        name = "endpoint.recovered" if endpoint.disabled is None else "endpoint.disabled"
        await announce(self._redis, self._keys, self._retention, name, data)
