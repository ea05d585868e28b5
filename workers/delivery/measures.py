"""What is done about an endpoint by how it fares: its breaker, warnings, disabling, and word of its recovery.

Noting is done at once, and what has to be written in Redis follows in the order in which it was noted.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from redis.asyncio import Redis

from service.endpoints.endpoint import Disabled, DisabledReason
from service.events.delivery import Claim, Settled
from service.store import endpoints, pauses
from service.store.client import reconnecting
from service.store.keys import Keys
from service.store.operational import announce
from workers.delivery.breaker import FIRST_PAUSE, LONGEST_PAUSE
from workers.delivery.lane import Lane
from workers.delivery.lanes import Lanes
from workers.delivery.standing import Disable, Warn, measure

log = structlog.get_logger()

LOOK_EVERY = 1.0
"""Seconds between looks at who is paused."""

Measure = Callable[[], Awaitable[None]]


class Measures:
    """Measures on their way; `run` and `watch` must be running."""

    def __init__(self, redis: Redis, keys: Keys, lanes: Lanes, retention: int) -> None:
        """`retention` is the log's life in seconds."""
        self._redis, self._keys, self._lanes, self._retention = redis, keys, lanes, retention
        self._waiting: asyncio.Queue[Measure] = asyncio.Queue()

    async def run(self) -> None:
        """Carry measures out until cancelled; while Redis is away they wait."""
        while True:
            await reconnecting(await self._waiting.get(), _failed)

    async def watch(self) -> None:
        """Keep up with the pauses that all relays share, until cancelled. Raises RedisError: call it again then."""
        while True:
            found = await pauses.paused(self._redis, self._keys)
            self._lanes.show_paused(found, time.monotonic())
            await asyncio.sleep(LOOK_EVERY)

    def note(self, lane: Lane, *, failed: bool) -> None:
        """Note what an attempt came to, where that says something of the endpoint."""
        now = time.monotonic()
        self._lanes.suspect(lane, failed=failed)
        if lane.probing:
            lane.probing = False
            self._pause(lane, now, probe_failed=True) if failed else self._resume(lane)
        elif lane.probe_at is None:
            lane.results.note(now, failed=failed)
            if failed and lane.results.open(now):
                self._pause(lane, now, probe_failed=False)

    def settled(self, claim: Claim, settled: Settled) -> None:
        """Note what recording an outcome came to."""
        lane = self._lanes.get(claim.endpoint_id)
        if lane is None or not (settled.failures or settled.warned):
            return
        endpoint = lane.endpoint
        if not settled.failures:
            self._waiting.put_nowait(lambda: self._recovered(endpoint.id, settled.warned))
            return
        match measure(settled, max(endpoint.created_at, endpoint.enabled_at), int(time.time() * 1000)):
            case Disable():
                self.disable(endpoint.id, "failing")
            case Warn(percent):
                self._waiting.put_nowait(lambda: self._warn(endpoint.id, percent, settled))

    def disable(self, endpoint_id: str, reason: DisabledReason) -> None:
        """Disable an endpoint soon."""
        self._waiting.put_nowait(lambda: self._disable(endpoint_id, reason))

    def _pause(self, lane: Lane, now: float, *, probe_failed: bool) -> None:
        lane.probe_at = now + FIRST_PAUSE
        lane.results.forget()
        self._waiting.put_nowait(lambda: self._open(lane, probe_failed=probe_failed))

    async def _open(self, lane: Lane, *, probe_failed: bool) -> None:
        left = await pauses.pause(
            self._redis, self._keys, lane.endpoint.id,
            first=FIRST_PAUSE, longest=LONGEST_PAUSE, probe_failed=probe_failed,
        )  # fmt: skip
        lane.probe_at = time.monotonic() + left
        log.warning("endpoint.paused", endpoint_id=lane.endpoint.id, seconds=round(left, 1), probe_failed=probe_failed)

    def _resume(self, lane: Lane) -> None:
        lane.probe_at = None
        lane.results.forget()
        self._waiting.put_nowait(lambda: self._close(lane))

    async def _close(self, lane: Lane) -> None:
        await pauses.resume(self._redis, self._keys, lane.endpoint.id)
        log.info("endpoint.resumed", endpoint_id=lane.endpoint.id)

    async def _warn(self, endpoint_id: str, percent: int, settled: Settled) -> None:
        # First told and then noted: a crash between the two tells it again, and it is the same event.
        data = {
            "endpoint_id": endpoint_id,
            "percent": percent,
            "failing_since": settled.first_failure,
            "last_success": settled.last_success,
        }
        await announce(self._redis, self._keys, self._retention, "endpoint.failing", data)
        await self._redis.hset(self._keys.endpoint_health(endpoint_id), "warned", str(percent))
        log.warning("endpoint.failing", **data)

    async def _recovered(self, endpoint_id: str, warned: int) -> None:
        health = self._keys.endpoint_health(endpoint_id)
        since, still = await self._redis.hmget(health, "first_failure", "warned")
        if still is None:
            return
        # The warning may have been written only after a success had ended the failures.
        began = None if since is None else int(since)
        data = {"endpoint_id": endpoint_id, "failing_since": began, "warned_at_percent": warned}
        await announce(self._redis, self._keys, self._retention, "endpoint.recovered", data)
        await self._redis.hdel(health, "warned", "first_failure")
        log.info("endpoint.recovered", **data)

    async def _disable(self, endpoint_id: str, reason: DisabledReason) -> None:
        changed = False
        while not changed:
            endpoint = await endpoints.get(self._redis, self._keys, endpoint_id)
            if endpoint is None or endpoint.disabled is not None:
                return
            disabled = Disabled(reason, int(time.time() * 1000))
            new = msgspec.structs.replace(endpoint, disabled=disabled)
            changed = await endpoints.change(self._redis, self._keys, endpoint, new)
        log.warning("endpoint.disabled", endpoint_id=endpoint_id, reason=reason)


def _failed(error: Exception, wait: float) -> None:
    log.warning("measures.waiting", error=type(error).__name__, wait=round(wait, 2))
