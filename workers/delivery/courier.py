"""One delivery, in three steps: prepare and send, decide, record."""

import asyncio
import random
import time
from collections.abc import Callable

import aiohttp
import msgspec
import structlog

from service.attempt.answer import Answer, Answered, Failed
from service.attempt.sender import send
from service.attempt.signing import headers
from service.events.delivery import Claim, Settlement
from workers.delivery.lane import Lane
from workers.delivery.measures import Measures
from workers.delivery.outcome import Dead, Outcome, Retry
from workers.delivery.record import settlement, word
from workers.delivery.schedule import disables, judge
from workers.delivery.settlements import Settlements

log = structlog.get_logger()

MOST_DEATHS = 3
"""Relays that may die on one delivery before it is taken for the cause."""


class Courier:
    """Carries claims to their endpoints, each in a task of its own."""

    def __init__(
        self, client: aiohttp.ClientSession, settlements: Settlements, measures: Measures, done: Callable[[Claim], None]
    ) -> None:
        """`done` is told when a claim's slot is free again."""
        self._client, self._settlements, self._measures, self._done = client, settlements, measures, done
        self._tasks: set[asyncio.Task[None] | None] = set()
        # Bound once: the proxy that the module holds looks its logger up for each line.
        self._log = log.bind()

    def start(self, lane: Lane, claim: Claim, body: bytes | None) -> None:
        """Carry a claim; `body` is None where its event is nowhere any more."""
        self._tasks.add(asyncio.create_task(self._carry(lane, claim, body)))

    async def finished(self) -> None:
        """Return when no delivery is under way."""
        while self._tasks:
            await asyncio.wait([task for task in self._tasks if task is not None])

    async def _carry(self, lane: Lane, claim: Claim, body: bytes | None) -> None:
        at_ms, began = int(time.time() * 1000), time.perf_counter()
        try:
            answer, outcome = await self._guarded(lane, claim, body, at_ms)
            ms = int((time.perf_counter() - began) * 1000)
            self._record(lane, settlement(claim, body, answer, outcome, at_ms=at_ms, ms=ms), answer)
            self._note(claim, answer, outcome, ms)
        finally:
            # By itself and not by a callback, which would cost the loop another turn for each delivery.
            self._tasks.discard(asyncio.current_task())
            self._done(claim)

    async def _guarded(self, lane: Lane, claim: Claim, body: bytes | None, at_ms: int) -> tuple[Answer, Outcome]:
        try:
            return await self._attempt(lane, claim, body, at_ms)
        except Exception:
            # A fault of ours in one delivery is retried and dies like any other; it must not hold its slot for ever.
            log.exception("delivery.fault", event_id=claim.event_id, endpoint_id=claim.endpoint_id)
            return _judged(Failed("internal_error"), claim)

    async def _attempt(self, lane: Lane, claim: Claim, body: bytes | None, at_ms: int) -> tuple[Answer, Outcome]:
        if body is None:
            return Failed("event_gone"), Dead("the log no longer has the event")
        if claim.deaths >= MOST_DEATHS:
            return Failed("crash_loop"), Dead("crash_loop")
        fields = headers(
            lane.signers(at_ms), claim.event_id, body,
            timestamp=at_ms // 1000, attempt=claim.attempt, previous=claim.previous, custom=lane.custom,
        )  # fmt: skip
        return _judged(await send(self._client, lane.url, fields, body), claim)

    def _record(self, lane: Lane, one: Settlement, answer: Answer) -> None:
        delivered = one.state == "delivered"
        if delivered or one.blames:
            self._measures.note(lane, failed=not delivered)
        reason = disables(answer)
        if reason is not None:
            self._measures.disable(lane.endpoint.id, reason)
        noted = lane.noted_success(one.at_ms) if delivered else None
        self._settlements.put(one if noted is None else msgspec.structs.replace(one, success_ms=noted))

    def _note(self, claim: Claim, answer: Answer, outcome: Outcome, ms: int) -> None:
        self._log.info(
            "delivery.attempted",
            event_id=claim.event_id,
            endpoint_id=claim.endpoint_id,
            attempt=claim.attempt,
            status=answer.status if isinstance(answer, Answered) else None,
            error=answer.error if isinstance(answer, Failed) else None,
            outcome=word(outcome),
            retry_in=round(outcome.after, 1) if isinstance(outcome, Retry) else None,
            ms=ms,
        )


def _judged(answer: Answer, claim: Claim) -> tuple[Answer, Outcome]:
    chance = random.random()  # noqa: S311 - jitter, not a secret
    return answer, judge(answer, claim.attempt - claim.first + 1, time.time(), chance)
