"""Recording outcomes: gathered, written in one pipeline, and kept until Redis has them."""

import asyncio
import time
from collections.abc import Callable

import msgspec
import structlog
from redis.asyncio import Redis

from service.events.times import from_milliseconds
from service.store.client import reconnecting
from service.store.deliveries import Claim, Settlement, settle
from service.store.keys import Keys
from workers.delivery.bodies import Body
from workers.delivery.outcome import Answer, Answered, Dead, Delivered, Outcome, Retry

log = structlog.get_logger()

LONGEST_BATCH = 256
DELIVERED_KEPT = 72 * 3600
"""Seconds that the attempts of a delivered event are kept."""
FAILED_KEPT = 30 * 86400
"""Seconds that they are kept once one has failed."""

_encode = msgspec.json.Encoder().encode


def settlement(claim: Claim, body: Body | None, answer: Answer, outcome: Outcome, *, at_ms: int, ms: int) -> Settlement:
    """Return what to record of an attempt that began at `at_ms` and took `ms` milliseconds. Pure."""
    status = answer.status if isinstance(answer, Answered) else None
    error = None if isinstance(answer, Answered) else answer.error
    record = _encode({"at": from_milliseconds(at_ms), "status": status, "ms": ms, "error": error})
    if isinstance(outcome, Retry):
        due = at_ms + ms + int(outcome.after * 1000)
        return Settlement(claim=claim, state="retrying", record=record, life=FAILED_KEPT, due_ms=due)
    if isinstance(outcome, Dead):
        return Settlement(claim=claim, state="dead", record=record, life=FAILED_KEPT, dead=_dead(claim, body, outcome))
    kept = DELIVERED_KEPT if claim.attempt == 1 else FAILED_KEPT
    return Settlement(claim=claim, state="delivered", record=record, life=kept)


def _dead(claim: Claim, body: Body | None, outcome: Dead) -> bytes:
    content = body.content.decode() if body else None
    return _encode(
        {
            "reason": outcome.reason,
            "attempts": claim.attempt,
            "at": from_milliseconds(int(time.time() * 1000)),
            "previous": claim.previous,
            "body": content,
        }
    )


class Settlements:
    """Outcomes on their way into Redis; `run` must be running."""

    def __init__(self, redis: Redis, keys: Keys, relay: str, recorded: Callable[[Claim], None]) -> None:
        """`recorded` is told of each claim that is off our hands."""
        self._redis, self._keys, self._relay, self._recorded = redis, keys, relay, recorded
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
            self._wake.clear()
            while self._waiting:
                batch, self._waiting = self._waiting[:LONGEST_BATCH], self._waiting[LONGEST_BATCH:]
                await reconnecting(lambda batch=batch: self._write(batch), self._failed)  # type: ignore[misc]
            self._idle.set()

    async def _write(self, batch: list[Settlement]) -> None:
        for one, ours in zip(batch, await settle(self._redis, self._keys, self._relay, batch), strict=True):
            self._recorded(one.claim)
            if not ours:
                log.warning(
                    "delivery.not_ours",
                    event_id=one.claim.event_id,
                    endpoint_id=one.claim.endpoint_id,
                    state=one.state,
                )

    def _failed(self, error: Exception, wait: float) -> None:
        log.warning("settlements.waiting", error=type(error).__name__, wait=round(wait, 2))


def word(outcome: Outcome) -> str:
    """Return an outcome's name for the log."""
    return "delivered" if isinstance(outcome, Delivered) else "retry" if isinstance(outcome, Retry) else "dead"
