"""The endpoints as this relay knows them: a listing in one version, and the lanes made from it."""

import structlog
from redis.asyncio import Redis

from service.store.endpoints import Listing, listing
from service.store.keys import Keys
from workers.delivery.lanes import Lanes

log = structlog.get_logger()


class Directory:
    """Knows the endpoints; `listing` is the newest version read."""

    def __init__(self, redis: Redis, keys: Keys, lanes: Lanes) -> None:
        """Nothing is known before the first `refresh`."""
        self._redis, self._keys, self._lanes = redis, keys, lanes
        self.listing = Listing(-1, {})

    async def refresh(self) -> None:
        """Read the endpoints anew. Raises RedisError, and WrongSecretKeyError where a secret cannot be opened."""
        found = await listing(self._redis, self._keys)
        if found.version != self.listing.version:
            self._lanes.show(found)
            self.listing = found
            log.info("endpoints.read", endpoints=len(found.endpoints), version=found.version)
