"""The conversation that is created for a call: once, however often Twilio asks how the call is answered."""

from typing import Any

from redis.asyncio import Redis

from service.store import correlation
from service.store.keys import Keys

KEPT = 7 * 86400
"""Seconds for which a call is remembered; longer than any lasts."""


class Creations:
    """What is known of them. Each method raises redis.exceptions.RedisError."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis, self._keys = redis, keys

    async def claim(self, call_sid: str) -> bool:
        """Return whether it is on the caller to create the conversation: nobody has begun to."""
        return bool(await self._redis.set(self._keys.voice_creation(call_sid), "", nx=True, ex=KEPT))

    async def created(self, call_sid: str) -> str | None:
        """Return the conversation that was created, None while there is none."""
        found: Any = await self._redis.get(self._keys.voice_creation(call_sid))
        return found.decode() if found else None

    async def record(self, call_sid: str, conversation_id: str) -> None:
        """Keep what was created, and let the call's later events find their conversation."""
        await self._redis.set(self._keys.voice_creation(call_sid), conversation_id, ex=KEPT)
        await correlation.note(self._redis, self._keys, call_sid, conversation_id)

    async def release(self, call_sid: str) -> None:
        """Let another request try: nothing was created."""
        await self._redis.delete(self._keys.voice_creation(call_sid))
