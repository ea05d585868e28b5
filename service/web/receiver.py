"""The receiver: the public ASGI application. Its routes, its health, and what runs beside them."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from service.rules.voice_answer import Voice
from service.settings import Settings
from service.store.event_log import EventLog
from service.store.keys import Keys
from service.store.malformed import Malformed
from service.store.memory import used_share
from service.store.stats import Counters
from service.tasks import cancelled
from service.web import answers
from service.web.calls import Calls
from service.web.inbound import TABLE
from service.web.intake import Intake, Proof
from service.web.receive import reception

log = structlog.get_logger()

MEMORY_LOOK = 1.0
"""Seconds between looks at Redis's memory."""
READY_WAIT = 1.0
"""Seconds that Redis may take to answer a readiness check."""


class Receiver:
    """The receiver: an ASGI application with its parts, wired."""

    def __init__(self, settings: Settings, redis: Redis, voices: Sequence[Voice] = ()) -> None:
        """Nothing runs before the application's lifespan begins. `voices` say how calls are answered."""
        keys = Keys(settings.key_prefix)
        self.draining = False
        self._redis, self._share = redis, settings.event_memory_share
        self._events = EventLog(redis, keys, retention=settings.event_retention, wait_replicas=settings.wait_replicas())
        self._counters = Counters(redis, keys)
        proof = Proof(settings.public_urls, settings.signing_keys(), report=settings.signature_mode == "report")
        self._intake = Intake(proof, self._events, Malformed(redis, keys), self._counters, settings.max_body_bytes)
        self._calls = Calls(settings, redis, keys, voices)
        self._inbound = {row.path: reception(row, self._intake, self._calls.replies.get(row.path)) for row in TABLE}
        self._tasks: list[asyncio.Task[None]] = []
        self._others = Starlette(
            routes=[Route("/livez", self._livez), Route("/readyz", self._readyz)],
            exception_handlers={404: _not_found, 405: _read_only},
            lifespan=self._lifespan,
        )
        # Twilio follows a redirect as a GET without body, and calls it a success.
        self._others.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: what Twilio sends at once, everything else through Starlette.

        Starlette's routing and middlewares cost a tenth of what receiving costs, and these paths need none of them.
        """
        # What is no HTTP has no path.
        await self._inbound.get(scope.get("path", ""), self._others)(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        work: tuple[Coroutine[Any, Any, None], ...] = (
            self._events.run(), self._counters.run(), self._watch_memory(), self._calls.warnings.run()
        )  # fmt: skip
        self._tasks = [asyncio.create_task(each) for each in work]
        try:
            yield
        finally:
            await cancelled(self._tasks)
            self._calls.close()
            with suppress(RedisError, OSError):
                await self._counters.write()
            await self._redis.aclose()

    async def _watch_memory(self) -> None:
        while True:
            with suppress(RedisError, OSError):
                shedding = await used_share(self._redis) > self._share
                if shedding != self._intake.shedding:
                    log.warning("receiver.shedding" if shedding else "receiver.accepting", reason="memory")
                self._intake.shedding = shedding
            await asyncio.sleep(MEMORY_LOOK)

    async def _livez(self, _: Request) -> Response:
        return answers.response(answers.ALIVE)

    async def _readyz(self, _: Request) -> Response:
        return answers.response(answers.ALIVE if await self._ready() else answers.UNAVAILABLE)

    async def _ready(self) -> bool:
        if self.draining or self._intake.shedding or any(task.done() for task in self._tasks):
            return False
        try:
            async with asyncio.timeout(READY_WAIT):
                await self._redis.ping()
        except (RedisError, OSError, TimeoutError):
            return False
        return True


async def _not_found(_: Request, __: Exception) -> Response:
    return answers.response(answers.NOT_FOUND)


async def _read_only(_: Request, __: Exception) -> Response:
    return answers.response(answers.READ_ONLY)
