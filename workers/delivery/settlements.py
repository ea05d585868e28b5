"""Recording outcomes: gathered, written in one pipeline, and kept until Redis has them."""

import asyncio
from collections.abc import Callable

import structlog
from redis.asyncio import Redis

from service.events.delivery import Claim, Settled, Settlement
from service.store.client import reconnecting
from service.store.keys import Keys
from service.store.line import Line
from service.store.settlement import settle

log = structlog.get_logger()

LONGEST_BATCH = 256
GATHER = 0.005
"""Seconds in which outcomes gather: nobody waits for them, and a write of many costs Redis one fsync."""


class Settlements:
    """Outcomes on their way into Redis; `run` must be running."""

    def __init__(self, redis: Redis, keys: Keys, relay: str, recorded: Callable[[Claim, Settled], None]) -> None:
        """`recorded` is told of each claim that is off our hands, and what recording it came to."""
        self._line, self._keys, self._relay, self._recorded = Line(redis), keys, relay, recorded
        self._waiting: list[Settlement] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def put(self, one: Settlement) -> None:
        """Record an outcome soon."""
        self._waiting.append(one)
        self._idle.clear()
        self._wake.set()

    async def written(self) -> None:
        """Return when nothing waits any more."""
        await self._idle.wait()

    async def run(self) -> None:
        """Write what gathers until cancelled; while Redis is away, keep it."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER)
            self._wake.clear()
            while self._waiting:
                batch, self._waiting = self._waiting[:LONGEST_BATCH], self._waiting[LONGEST_BATCH:]
                await reconnecting(lambda batch=batch: self._write(batch), self._failed)  # type: ignore[misc]
            self._idle.set()

    async def _write(self, batch: list[Settlement]) -> None:
        for one, settled in zip(batch, await settle(self._line, self._keys, self._relay, batch), strict=True):
            self._recorded(one.claim, settled)
            if not settled.ours:
                log.warning(
                    "delivery.not_ours",
                    event_id=one.claim.event_id,
                    endpoint_id=one.claim.endpoint_id,
                    state=one.state,
                )

    def _failed(self, error: Exception, wait: float) -> None:
        log.warning("settlements.waiting", error=type(error).__name__, wait=round(wait, 2))
