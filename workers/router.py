"""Routing: one relay at a time reads the log, plans each event and commits the plan under its lease.

A relay that stalled finds, when it comes back, that the lease or the cursor is another's: its commit writes nothing.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog
from redis.asyncio import Redis

from service.events.event import StoredEvent
from service.events.route import Route
from service.rules.rules import Rules
from service.store import routing
from service.store.keys import Keys
from service.store.line import Line
from workers.directory import Directory
from workers.routing.plan import plan

log = structlog.get_logger()

Routed = Callable[[Sequence[Route]], None]

BATCH = 64
"""Events read at once."""
MOST_DELIVERIES = 2000
"""Deliveries of one commit: a script holds up everybody else in Redis."""
BLOCK = 1.0
"""Seconds that a read waits for an event; the lease is renewed between reads."""
STANDBY = 0.5
"""Seconds between a standby's looks at the lease."""


class Router:
    """Routes while it has the lease, and stands by while it has not."""

    def __init__(
        self, redis: Redis, keys: Keys, relay: str, *, rules: Rules, directory: Directory, routed: Routed
    ) -> None:
        """`redis` must wait longer for an answer than BLOCK; `routed` is told of each committed batch."""
        self._redis, self._line, self._keys, self._relay = redis, Line(redis), keys, relay
        self._rules, self._directory, self._routed = rules, directory, routed

    async def run(self) -> None:
        """Route until cancelled. Raises RedisError; call it again then."""
        while True:
            cursor = await routing.take_lease(self._redis, self._keys, self._relay)
            if cursor is None:
                await asyncio.sleep(STANDBY)
                continue
            log.info("routing.began", cursor=cursor)
            await self._route_from(cursor)
            log.warning("routing.lost")

    async def release(self) -> None:
        """Give the lease back. Raises RedisError."""
        await routing.release_lease(self._redis, self._keys, self._relay)

    async def _route_from(self, cursor: str) -> None:
        at: str | None = cursor
        while at is not None:
            events = await routing.read(self._line, self._keys, at, count=BATCH, block=BLOCK)
            if events:
                at = await self._route(at, events)
            elif await routing.take_lease(self._redis, self._keys, self._relay) != at:
                return

    async def _route(self, cursor: str, events: list[StoredEvent]) -> str | None:
        """Return the new cursor, or None where the lease is lost."""
        at = cursor
        while events:
            part, version = self._plan(events)
            answer = await routing.commit(
                self._line, self._keys, relay=self._relay, cursor=at, version=version, routes=part
            )
            if answer == "endpoints":
                await self._directory.refresh()
                continue
            if answer != "ok":
                return None
            at, events = part[-1].event.entry_id, events[len(part) :]
            self._routed(part)
        return at

    def _plan(self, events: list[StoredEvent]) -> tuple[list[Route], int]:
        """Return the first routes, as many as one commit holds, and the version of the endpoints they are for."""
        targets, version = self._directory.targets, self._directory.listing.version
        routes: list[Route] = []
        deliveries, now_ms = 0, int(time.time() * 1000)
        for event in events:
            route = plan(event, targets, self._rules, now_ms)
            deliveries += len(route.targets)
            if routes and deliveries > MOST_DELIVERIES:
                break
            routes.append(route)
        return routes, version
