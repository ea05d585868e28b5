"""Counters. Kept in Redis, so that they survive a process and one page can show those of all processes."""

import asyncio
from collections import Counter
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.store.keys import Keys

log = structlog.get_logger()

EVERY = 1.0
"""Seconds between writes."""


class Counters:
    """Counts in memory and adds to Redis once a second; what is counted while Redis is away is added later."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        """Nothing is written before `run`."""
        self._redis, self._keys = redis, keys
        self._counted: Counter[str] = Counter()

    def add(self, name: str, number: int = 1) -> None:
        """Count `number` more of `name`."""
        self._counted[name] += number

    async def run(self) -> None:
        """Write every second until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.write()
            except (RedisError, OSError) as error:
                log.debug("counters.waiting", error=type(error).__name__)

    async def write(self) -> None:
        """Add what was counted to Redis. Raises RedisError, and then keeps it."""
        counted, self._counted = self._counted, Counter()
        try:
            if counted:
                pipeline = self._redis.pipeline(transaction=False)
                for name, number in counted.items():
                    pipeline.hincrby(self._keys.stats, name, number)
                await pipeline.execute()
        except (RedisError, OSError):
            self._counted.update(counted)
            raise


async def counters(redis: Redis, keys: Keys) -> dict[str, int]:
    """Return all counters: received, duplicates, `refused:<reason>` and so on, since installation."""
    counted: Any = await redis.hgetall(keys.stats)
    return {name.decode(): int(number) for name, number in counted.items()}
