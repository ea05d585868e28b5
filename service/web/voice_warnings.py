"""Warns at the start, and every hour, where calls are transcribed twice, or where nobody has looked."""

import asyncio
import time
from collections.abc import Sequence

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.rules.voice_answer import Voice
from service.rules.voice_check import BILLED_TWICE, concerns
from service.store import voice_check
from service.store.keys import Keys

log = structlog.get_logger()

EVERY = 3600.0
"""Seconds between warnings."""
AGAIN = 5.0
"""Seconds until the next try where Redis was away."""


class VoiceWarnings:
    """Goes by the last known result; never asks Twilio."""

    def __init__(self, redis: Redis, keys: Keys, voices: Sequence[Voice], every: float = EVERY) -> None:
        self._redis, self._keys, self._voices, self._every = redis, keys, tuple(voices), every

    async def run(self) -> None:
        """Warn until cancelled."""
        while True:
            try:
                await self.warn()
            except (RedisError, OSError):
                await asyncio.sleep(AGAIN)
            else:
                await asyncio.sleep(self._every)

    async def warn(self) -> None:
        """Warn of what there is now. Raises redis.exceptions.RedisError."""
        check = await voice_check.last(self._redis, self._keys)
        for concern in concerns(check, self._voices, int(time.time() * 1000)):
            tell = log.error if concern.event == BILLED_TWICE else log.warning
            tell(concern.event, **concern.fields)
