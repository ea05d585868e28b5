"""The relay: its parts wired together, run until told to stop, and drained.

Read on from here: `router.py` routes, `delivery/intake.py` takes what there are slots for, `delivery/courier.py`
carries it, `delivery/settlements.py` records what came of it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from aiohttp import ClientSession
from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.attempt.sender import WHOLE, session
from service.endpoints.addresses import networks
from service.events.delivery import Claim, Settled
from service.rules.rules import Rules
from service.settings import Settings
from service.store import deliveries
from service.store.client import connect, reconnecting
from service.store.keys import Keys
from service.store.secrets import Sealer
from service.tasks import cancelled
from workers.announcements import Announcements
from workers.delivery.bodies import Bodies
from workers.delivery.courier import Courier
from workers.delivery.intake import Intake, listen
from workers.delivery.lanes import Lanes
from workers.delivery.measures import Measures
from workers.delivery.settlements import Settlements
from workers.directory import Directory
from workers.router import BLOCK, Router
from workers.upkeep import Upkeep

log = structlog.get_logger()


async def run(settings: Settings, rules: Rules, sealer: Sealer, name: str, stop: asyncio.Event) -> None:
    """Route and deliver as the relay `name` (unique to this process) until `stop` is set, then drain."""
    redis = connect(settings.redis_address())
    waiting = connect(settings.redis_address(), answer_timeout=BLOCK + 2)
    listening = connect(settings.redis_address(), answer_timeout=None)
    async with session(networks(settings.egress_allow)) as client:
        try:
            await Relay(settings, rules, sealer, name, redis, waiting, listening, client).run(stop)
        finally:
            for connection in (redis, waiting, listening):
                await connection.aclose()


class Relay:
    """One relay process."""

    def __init__(  # noqa: PLR0913, PLR0917 - the composition of a process has as many parts as it has
        self, settings: Settings, rules: Rules, sealer: Sealer, name: str, redis: Redis, waiting: Redis,
        listening: Redis, client: ClientSession,
    ) -> None:  # fmt: skip
        """`waiting` is for blocking reads, `listening` for the channel."""
        keys = Keys(settings.key_prefix)
        self._keys, self._name, self._redis, self._listening = keys, name, redis, listening
        self._retention = settings.event_retention
        self._lanes = Lanes(sealer)
        bodies = Bodies(redis, keys)
        self._measures = Measures(redis, keys, self._lanes, settings.event_retention)
        self._settlements = Settlements(redis, keys, name, self._recorded)
        self._intake = Intake(redis, keys, name, self._lanes, bodies)
        self._directory = Directory(redis, keys, self._lanes, self._intake.wake)
        self._courier = Courier(client, self._settlements, self._measures, self._intake.done)
        self._intake.deliver_with(self._courier)
        self._router = Router(waiting, keys, name, rules=rules, directory=self._directory, routed=self._intake.routed)
        self._upkeep = Upkeep(redis, keys, name, self._lanes, self._intake, self._directory)
        self._announcements = Announcements(redis, keys, settings.event_retention, self._directory)

    def _recorded(self, claim: Claim, settled: Settled) -> None:
        self._lanes.forget(claim)
        self._measures.settled(claim, settled)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then drain. A fault of ours in any part ends the process, loudly."""
        stopped = asyncio.create_task(stop.wait())
        starting = asyncio.create_task(self._start())
        await asyncio.wait([stopped, starting], return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            await cancelled((starting,))
            return
        starting.result()
        outlasting = [
            asyncio.create_task(part) for part in (self._settlements.run(), self._measures.run(), self._beat())
        ]
        working = [asyncio.create_task(self._healed(name, part)) for name, part in self._parts().items()]
        done, _ = await asyncio.wait([stopped, *outlasting, *working], return_when=asyncio.FIRST_COMPLETED)
        await self._drain(working)
        await cancelled((*outlasting, stopped))
        for task in done - {stopped}:
            task.result()

    async def _start(self) -> None:
        await self._healed("endpoints", self._directory.refresh)
        await self._healed("heartbeat", self._upkeep.first_beat)
        log.info("relay.started", relay=self._name)

    async def _beat(self) -> None:
        await self._healed("heartbeat", self._upkeep.beat)

    def _parts(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "router": self._router.run,
            "listener": lambda: listen(self._listening, self._keys, self._intake, self._directory.refresh),
            "intake": self._intake.run,
            "due": self._upkeep.move_due,
            "pauses": self._measures.watch,
            "skipping": self._upkeep.skip,
            "announcements": self._announcements.run,
            "recovery": self._upkeep.recover,
            "trimming": lambda: self._upkeep.trim(self._retention),
        }

    async def _healed(self, part: str, attempt: Callable[[], Awaitable[None]]) -> None:
        def failed(error: Exception, wait: float) -> None:
            log.warning("relay.redis_lost", part=part, error=type(error).__name__, wait=round(wait, 2))

        await reconnecting(attempt, failed)

    async def _drain(self, working: list[asyncio.Task[None]]) -> None:
        log.info("relay.draining", in_flight=self._lanes.in_flight)
        self._upkeep.draining = True
        await self._intake.stop()
        await cancelled(working)
        with suppress(RedisError, OSError):
            await self._router.release()
        with suppress(TimeoutError, RedisError, OSError):
            async with asyncio.timeout(WHOLE + 2):
                await self._courier.finished()
                await self._settlements.written()
                await deliveries.bury(self._redis, self._keys, self._name, self._lanes.ids(), leaving=True)
        log.info("relay.stopped", relay=self._name)
