"""Asking a simulation for the truth, and the service for its account of it."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import msgspec
from redis.asyncio import Redis

from service.events.times import fixed_width
from service.simulator.reckoning import Account, Closed
from service.simulator.result import Result, Service, result
from service.simulator.subscriber import PATH, Received
from service.store import job_pages
from service.store.jobs import as_text
from service.store.keys import Keys
from service.store.reconciliation import REPAIRED
from service.store.stats import counters

_SOON = 0.1
_OF_EVENTS = (b"close", b"observe")


class Look:
    """Asks the simulation and the service."""

    def __init__(self, http: httpx.AsyncClient, redis: Redis, keys: Keys, began: float, admin: str) -> None:
        """`began` is by the monotonic clock, `admin` the admin API's URL."""
        self._http, self._redis, self._keys = http, redis, keys
        self._began, self._admin = began, admin

    async def until_it_answers(self) -> None:
        """Wait for the simulation."""
        while True:
            try:
                await self._http.get("/livez")
                break
            except httpx.TransportError:
                await asyncio.sleep(_SOON)

    async def let_fail(self, expected: Sequence[Mapping[str, str]]) -> None:
        """Let the next calls of these kinds fail, each once."""
        (await self._http.post("/_control", json={"next": expected})).raise_for_status()

    async def counts(self) -> dict[str, Any]:
        """Return the simulation's numbers."""
        return self._json(await self._http.get("/_control/counts"))

    async def result(self) -> Result:
        """Return what it has come to by now."""
        truth = self._json(await self._http.get("/_control/state"))
        received = msgspec.json.decode((await self._http.get(PATH)).content, type=Received)
        service = await self._service(truth, received)
        return result(truth, service, time.monotonic() - self._began, str(self._http.base_url), self._admin)

    async def _service(self, truth: dict[str, Any], received: Received) -> Service:
        counted = await counters(self._redis, self._keys)
        closed = {each["conversationId"]: await self._closed(each["conversationId"]) for each in truth["closings"]}
        return Service(
            duplicates=counted.get("duplicates", 0),
            repeated=received.repeated,
            repairs={n.removeprefix(REPAIRED): number for n, number in counted.items() if n.startswith(REPAIRED)},
            account=Account(
                seen=received.events,
                unproven=received.unproven,
                stored=int(await self._redis.xlen(self._keys.events)),
                closed=closed,
                left=await self._left(),
                dead=int(await self._redis.zcard(self._keys.jobs_dead)),
            ),
        )

    async def _closed(self, conversation_id: str) -> list[Closed]:
        pages = await job_pages.of_conversation(self._redis, self._keys, conversation_id)
        done = [page for page in pages if page.kind == "close" and page.state == "done"]
        return [Closed(page.rule or "", fixed_width(page.decided_at) or "") for page in done]

    async def _left(self) -> int:
        """Return how many jobs of an event are to come; reconciliation always has one, for its next pass."""
        due, leased = self._redis.zrange(self._keys.jobs_due, 0, -1), self._redis.zrange(self._keys.jobs_leases, 0, -1)
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.xlen(self._keys.intents)
        for job_id in (*await due, *await leased):
            pipeline.hget(self._keys.job(as_text(job_id)), "kind")
        intended, *kinds = await pipeline.execute()
        return int(intended) + sum(kind in _OF_EVENTS for kind in kinds)

    @staticmethod
    def _json(answer: httpx.Response) -> dict[str, Any]:
        found: dict[str, Any] = answer.raise_for_status().json()
        return found
