"""`/livez`: the process answers. `/readyz`: Redis answers, and the work that is there gets done."""

import asyncio

from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.store.keys import Keys
from service.store.readiness import facts, judge
from service.web.api.resource import answer
from service.web.problems import unavailable

LONGEST_LOOK = 1.0
"""Seconds that Redis may take."""


class Health:
    """The handlers of the health."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis, self._keys = redis, keys

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/livez", self._livez), Route("/readyz", self._readyz)]

    async def _livez(self, _: Request) -> Response:
        return answer({"status": "ok"})

    async def _readyz(self, _: Request) -> Response:
        reasons = await self._reasons()
        if reasons:
            raise unavailable("not ready", *reasons)
        return answer({"status": "ok"})

    async def _reasons(self) -> tuple[str, ...]:
        try:
            async with asyncio.timeout(LONGEST_LOOK):
                return judge(await facts(self._redis, self._keys))
        except (RedisError, OSError):
            return ("Redis does not answer",)
