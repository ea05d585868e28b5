"""Signed requests that could not be read. Twilio will not send them again, so people may look at them here."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.store.event_log import StorageUnavailableError
from service.store.keys import Keys

KEPT = 1000
"""Requests that are kept, the newest."""
LONGEST = 16 * 1024
"""Bytes of each that are kept."""


class Malformed:
    """The capped stream of malformed requests."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        """Nothing is opened before the first `keep`."""
        self._redis, self._keys = redis, keys

    async def keep(self, route: str, content: bytes, why: str, method: str = "POST") -> None:
        """Keep the beginning of a body, or of a GET's query. Raises StorageUnavailableError where Redis refuses it."""
        await self.keep_all(route, [(content, why)], method)

    async def keep_all(self, route: str, contents: Sequence[tuple[bytes, str]], method: str = "POST") -> None:
        """Keep several, each with the reason. Raises StorageUnavailableError where Redis does not take them."""
        pipeline = self._redis.pipeline(transaction=False)
        for content, why in contents:
            fields: dict[Any, Any] = {
                "route": route, "method": method, "why": why, "size": len(content), "body": content[:LONGEST]
            }  # fmt: skip
            pipeline.xadd(self._keys.malformed, fields, maxlen=KEPT, approximate=True)
        try:
            await pipeline.execute()
        except (RedisError, OSError) as error:
            raise StorageUnavailableError(type(error).__name__) from None
