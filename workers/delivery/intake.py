"""Taking deliveries from Redis: only as many as there are free slots, and only where something is known to wait.

A commit names the endpoints whose streams have grown on the channel `ready`; whoever has free slots there reads. So
a thousand idle endpoints cost nothing, and no blocking read has to name them all. The channel may lose messages only
with its connection, and then every stream is looked at.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as LostConnectionError

from service.events.delivery import Claim
from service.events.route import Route
from service.store import pauses
from service.store.deliveries import held, mend, take, take_limited
from service.store.keys import Keys
from service.store.line import Line
from workers.delivery.bodies import Bodies
from workers.delivery.breaker import PROBE
from workers.delivery.courier import Courier
from workers.delivery.lanes import Lanes

log = structlog.get_logger()

GATHER = 0.001
"""Seconds in which free slots gather where most are taken: a read of many costs Redis, and us, little more than one."""
STOP = 3.0
"""Seconds that a read may take to finish."""
QUIET = 5.0
"""Seconds without a message after which the channel is asked whether it lives; as many again to answer."""
LOST_AFTER = 3.0
"""Seconds after which a delivery that we hold without knowing was lost on its way to us."""


class Intake:
    """Fills the lanes' slots."""

    def __init__(self, redis: Redis, keys: Keys, relay: str, lanes: Lanes, bodies: Bodies) -> None:
        """`relay` is this process's name; `deliver_with` must be called before anything runs."""
        self._redis, self._keys, self._relay, self._lanes, self._bodies = redis, keys, relay, lanes, bodies
        self._line = Line(redis)
        self._wake = asyncio.Event()
        self._courier: Courier | None = None
        self._stopping = False
        self._ended = asyncio.Event()

    def deliver_with(self, courier: Courier) -> None:
        """Give what is taken to this courier."""
        self._courier = courier

    def mark(self, endpoint_ids: Iterable[str]) -> bool:
        """Note that streams have grown; return whether all these endpoints are known."""
        known = self._lanes.mark(endpoint_ids)
        self._wake.set()
        return known

    def routed(self, routes: Sequence[Route]) -> None:
        """Note that routes were committed by this very process: their bodies are at hand, no announcement is needed."""
        for route in routes:
            if route.targets:
                self._bodies.remember(route.event)
        targets = {id(route.targets): route.targets for route in routes}
        self.mark({target.endpoint_id for several in targets.values() for target in several})

    def wake(self) -> None:
        """Look at what is ready again: an endpoint may take deliveries now that did not before."""
        self._wake.set()

    def mark_all(self) -> None:
        """Look at every stream."""
        self._lanes.mark_all()
        self._wake.set()

    def done(self, claim: Claim) -> None:
        """Free the slot of a claim whose attempt is over."""
        if self._lanes.free_slot(claim.endpoint_id):
            self._wake.set()

    async def run(self) -> None:
        """Take until `stop` is called. Raises RedisError; call it again then."""
        # Who is paused is known before anything is taken: each relay that starts would try them all anew.
        found = await pauses.paused(self._redis, self._keys)
        self._lanes.show_paused(found, time.monotonic())
        self.mark_all()
        while not self._stopping:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._lanes.rest(time.monotonic())):
                    await self._wake.wait()
            if self._lanes.crowded():
                # More slots will be free in a moment, and one read fills them all.
                await asyncio.sleep(GATHER)
            self._wake.clear()
            await self._fill()
        self._ended.set()

    async def stop(self) -> None:
        """Take nothing more. A read that is under way is let finish, since its deliveries would be held by nobody."""
        self._stopping = True
        self._wake.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP):
                await self._ended.wait()

    async def _fill(self) -> None:
        while not self._stopping:
            now = time.monotonic()
            for endpoint_id in self._lanes.probes(now):
                await self._probe(endpoint_id)
            wanted = self._lanes.wanted(now)
            if not wanted:
                return
            await self._take(wanted)

    async def _take(self, wanted: dict[str, int]) -> None:
        limited = {name for name in wanted if self._rate(name) is not None}
        taken = await take(
            self._line, self._keys, self._relay, {name: n for name, n in wanted.items() if name not in limited}
        )
        for endpoint_id in limited:
            taken[endpoint_id] = await self._take_limited(endpoint_id, wanted[endpoint_id])
        claims = [claim for found in taken.values() for claim in found or ()]
        for endpoint_id, found in taken.items():
            lost = found is None and await mend(self._redis, self._keys, endpoint_id)
            if lost or (found is not None and len(found) == wanted[endpoint_id]):
                self._lanes.mark([endpoint_id])
        await self.carry(claims)

    def _rate(self, endpoint_id: str) -> float | None:
        lane = self._lanes.get(endpoint_id)
        return lane.endpoint.rate_limit if lane is not None else None

    async def _take_limited(self, endpoint_id: str, count: int) -> list[Claim] | None:
        rate = self._rate(endpoint_id)
        assert rate is not None  # noqa: S101 - asked for by the caller
        let = await take_limited(self._line, self._keys, self._relay, endpoint_id, count, rate)
        lane = self._lanes.get(endpoint_id)
        if let.wait > 0 and lane is not None:
            lane.dry_until = time.monotonic() + let.wait
            self._lanes.mark([endpoint_id])
        return let.claims

    async def _probe(self, endpoint_id: str) -> None:
        """Try a paused endpoint with one delivery, where no other relay does."""
        lane = self._lanes.get(endpoint_id)
        if lane is None or not await pauses.probe(self._redis, self._keys, endpoint_id, PROBE):
            if lane is not None:
                # Another has asked first, or the pause is over: the next look at the pauses tells.
                lane.probe_at = time.monotonic() + PROBE
            return
        # Not ready before the read and not after: see Lanes.wanted.
        self._lanes.unmark(endpoint_id)
        claims = (await take(self._line, self._keys, self._relay, {endpoint_id: 1}))[endpoint_id]
        if claims or (claims is None and await mend(self._redis, self._keys, endpoint_id)):
            self._lanes.mark([endpoint_id])
        if not claims:
            await pauses.give_back(self._redis, self._keys, endpoint_id)
            return
        lane.probing = True
        await self.carry(claims)

    async def carry(self, claims: list[Claim]) -> None:
        """Start the delivery of claims that this relay holds; one that is under way already is left alone."""
        bodies = await self._bodies.of(claims)
        for claim in claims:
            lane = self._lanes.hold(claim)
            if lane is not None and self._courier is not None:
                self._courier.start(lane, claim, bodies.get(claim.entry_id))

    async def recover(self) -> None:
        """Carry what Redis says we hold and we do not know of: a read whose answer was lost.

        Only what has lain there for a while, and was unknown to us before and after the question: whatever is taken
        or recorded meanwhile is no such case.
        """
        before = self._lanes.held()
        claims = await held(self._redis, self._keys, self._relay, self._lanes.ids(), least_idle=LOST_AFTER)
        known = before | self._lanes.held()
        unknown = [claim for claim in claims if f"{claim.endpoint_id} {claim.token}" not in known]
        if unknown:
            log.info("intake.recovered", deliveries=len(unknown))
        await self.carry(unknown)


async def listen(redis: Redis, keys: Keys, intake: Intake, refresh: Callable[[], Awaitable[None]]) -> None:
    """Hear which streams have grown until cancelled; `refresh` reads the endpoints anew. Raises RedisError."""
    async with redis.pubsub(ignore_subscribe_messages=True) as channel:
        await channel.subscribe(keys.ready)
        # What was announced before we listened is found by looking.
        intake.mark_all()
        while True:
            names = await _heard(channel)
            if not intake.mark(names):
                await refresh()
                intake.mark(names)


async def _heard(channel: PubSub) -> list[str]:
    """Return the endpoints of the next message. Raises redis.exceptions.ConnectionError where the line is dead."""
    asked = False
    while True:
        message = await channel.get_message(timeout=QUIET)
        if message is not None and message["type"] == "message":
            names: list[str] = message["data"].decode().split()
            return names
        if message is None and asked:
            # A connection that a network lost in silence looks like a quiet one, for ever.
            error = "the channel does not answer"
            raise LostConnectionError(error)
        asked = message is None
        if asked:
            await channel.ping()
