"""Signed requests that could not be read. Twilio will not send them again, so people may look at them here."""

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

    async def keep(self, route: str, body: bytes, why: str) -> None:
        """Keep the beginning of a body. Raises StorageUnavailableError where Redis does not take it."""
        fields: dict[str, str | bytes | int] = {"route": route, "why": why, "size": len(body), "body": body[:LONGEST]}
        try:
            await self._redis.xadd(self._keys.malformed, fields, maxlen=KEPT, approximate=True)  # type: ignore[arg-type]
        except (RedisError, OSError) as error:
            raise StorageUnavailableError(type(error).__name__) from None
