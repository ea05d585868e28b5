"""What a relay does every so often: its heartbeat, taking over from the dead, due retries, trimming the log."""

import asyncio
import time

import structlog
from redis.asyncio import Redis

from service.store import deliveries
from service.store.keys import Keys
from service.store.retention import forget, trim
from workers.delivery.intake import Intake
from workers.delivery.lane import SLOTS
from workers.delivery.lanes import ALL_SLOTS, Lanes
from workers.directory import Directory

log = structlog.get_logger()

HEARTBEAT_EVERY = 2.0
DUE_EVERY = 0.25
SKIP_EVERY = 1.0
TRIM_EVERY = 60.0
RECOVER_EVERY = 3.0


class Upkeep:
    """The recurring duties; each method runs until cancelled and raises RedisError: call it again then."""

    def __init__(
        self, redis: Redis, keys: Keys, relay: str, lanes: Lanes, intake: Intake, directory: Directory
    ) -> None:
        """`relay` is this process's name."""
        self._redis, self._keys, self._relay = redis, keys, relay
        self._lanes, self._intake, self._directory = lanes, intake, directory
        self.draining = False
        self._judge_from = 0.0

    async def first_beat(self) -> None:
        """Say that we live, before we hold anything: what a relay holds that nobody knew of is nobody's to inherit."""
        await deliveries.heartbeat(self._redis, self._keys, self._relay)

    async def beat(self) -> None:
        """Say that we live, and take over what dead relays hold."""
        while True:
            age, dead = await deliveries.heartbeat(self._redis, self._keys, self._relay)
            if age is not None and age >= deliveries.HEARTBEAT_DEATH:
                # What silenced us may have silenced the others as well: let them speak first.
                self._judge_from = time.monotonic() + deliveries.HEARTBEAT_DEATH
            if not self.draining:
                await self._directory.refresh()
                await self._inherit_from(dead)
            await asyncio.sleep(HEARTBEAT_EVERY)

    async def _inherit_from(self, dead: list[str]) -> None:
        if time.monotonic() >= self._judge_from:
            for name in dead:
                await self._inherit(name)

    async def _inherit(self, dead: str) -> None:
        # Beyond our free slots: where traffic never leaves one free, the dead one's deliveries would wait for a lull.
        # It held no more than a relay may, so we hold twice that at most.
        wanted = dict.fromkeys(self._lanes.ids(), SLOTS)
        claims = await deliveries.take_over(self._redis, self._keys, self._relay, dead, wanted, ALL_SLOTS)
        if claims:
            log.warning("relay.taken_over", dead=dead, deliveries=len(claims))
        await self._intake.carry(claims)
        if await deliveries.bury(self._redis, self._keys, dead, self._lanes.ids()):
            log.warning("relay.buried", dead=dead)

    async def move_due(self) -> None:
        """Move delayed deliveries that are due."""
        while True:
            if await deliveries.move_due(self._redis, self._keys) < deliveries.DUE_AT_ONCE:
                await asyncio.sleep(DUE_EVERY)

    async def skip(self) -> None:
        """Take what waits for disabled endpoints out of their streams: it would hold up the log's trimming for ever."""
        while True:
            for endpoint_id in self._lanes.disabled():
                # Before, and not after: what is announced meanwhile must not be forgotten.
                self._lanes.unmark(endpoint_id)
                while await deliveries.skip_waiting(self._redis, self._keys, self._relay, endpoint_id):
                    pass
            await asyncio.sleep(SKIP_EVERY)

    async def recover(self) -> None:
        """Carry what we hold in Redis but not in our slots: what a lost answer or a fault of ours left behind."""
        while True:
            await asyncio.sleep(RECOVER_EVERY)
            await self._intake.recover()

    async def trim(self, retention: int) -> None:
        """Trim the log below `retention` (seconds), never below what somebody waits for."""
        while True:
            trimmed = await trim(self._redis, self._keys, retention, self._lanes.ids())
            if trimmed:
                log.info("events.trimmed", events=trimmed)
            await forget(self._redis, self._keys, self._lanes.ids())
            await asyncio.sleep(TRIM_EVERY)
