"""`/api/stats` and `/metrics`: the same figures for people and for Prometheus."""

import asyncio

from prometheus_client.exposition import choose_encoder
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.store.keys import Keys
from service.store.statistics import Statistics, statistics
from service.web.api.resource import answer, resource
from service.web.metrics import registry


class StatisticsRoutes:
    """The handlers of the statistics."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis, self._keys = redis, keys
        # One look at a time: /metrics needs no token, and many scrapers must not multiply the work for Redis.
        self._one_at_a_time = asyncio.Lock()

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [resource("/api/stats", {"GET": self._stats}), Route("/metrics", self._metrics)]

    async def _look(self) -> Statistics:
        async with self._one_at_a_time:
            return await statistics(self._redis, self._keys)

    async def _stats(self, _: Request) -> Response:
        return answer(await self._look())

    async def _metrics(self, request: Request) -> Response:
        """Answer 200 also while Redis is away: then the one metric says that it is, and the others are absent."""
        try:
            found = await self._look()
        except (RedisError, OSError):
            found = None
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry(found)), headers={"content-type": content_type})
