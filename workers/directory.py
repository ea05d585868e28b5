"""The endpoints as this relay knows them: a listing in one version, and what is made from it."""

from collections.abc import Callable

import structlog
from redis.asyncio import Redis

from service.store.endpoints import Listing, listing, version
from service.store.keys import Keys
from workers.delivery.lanes import Lanes
from workers.routing.plan import Targets

log = structlog.get_logger()


class Directory:
    """Knows the endpoints; `listing` is the newest version read, `targets` what it wants."""

    def __init__(self, redis: Redis, keys: Keys, lanes: Lanes, changed: Callable[[], None]) -> None:
        """Nothing is known before the first `refresh`; `changed` is told of each listing that is new."""
        self._redis, self._keys, self._lanes, self._changed = redis, keys, lanes, changed
        self.listing = Listing(-1, {})
        self.targets = Targets(())

    async def refresh(self) -> None:
        """Read the endpoints anew where they have changed.

        Raises RedisError, and WrongSecretKeyError where a secret cannot be opened.
        """
        if await version(self._redis, self._keys) == self.listing.version:
            return
        found = await listing(self._redis, self._keys)
        if found.version == self.listing.version:
            return
        self._lanes.show(found)
        self.listing, self.targets = found, Targets(found.endpoints.values())
        # An endpoint that was enabled may have been waited for, and nothing else says that it can be read now.
        self._changed()
        log.info("endpoints.read", endpoints=len(found.endpoints), version=found.version)
