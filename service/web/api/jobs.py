"""`/api/jobs`: what became of a job."""

from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.store import job_pages
from service.store.keys import Keys
from service.web.api.resource import answer, missing, path_id, resource

NOUN = "job"


class Jobs:
    """The handler of the jobs."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis, self._keys = redis, keys

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [resource("/api/jobs/{id}", {"GET": self._show})]

    async def _show(self, request: Request) -> Response:
        found = await job_pages.fetch(self._redis, self._keys, path_id(request, NOUN))
        if found is None:
            raise missing(NOUN)
        return answer(found)
