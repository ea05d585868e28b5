"""`/api/events`: the event log, and what became of each event. An event looks as its subscribers get it."""

from collections.abc import Mapping

import msgspec
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.events.envelope import envelope
from service.store.explanation import explain, shown
from service.store.keys import Keys
from service.store.search import Wanted, search
from service.web.api.query import entry_of, id_of, limit_of, type_of
from service.web.api.resource import answer, missing, path_id, resource
from service.web.problems import ProblemError

NOUN = "event"


class Events:
    """The handlers of the events."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis, self._keys = redis, keys

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            resource("/api/events", {"GET": self._list}, ("limit", "after", "type", "conversation_id")),
            resource("/api/events/{id}", {"GET": self._show}),
        ]

    async def _list(self, request: Request) -> Response:
        page = await search(self._redis, self._keys, wanted(request.query_params))
        return answer({"events": [msgspec.Raw(envelope(event)) for event in page.events], "next": page.next})

    async def _show(self, request: Request) -> Response:
        found = await explain(self._redis, self._keys, path_id(request, NOUN))
        if found is None:
            raise missing(NOUN)
        return answer(shown(found))


def wanted(query: Mapping[str, str]) -> Wanted:
    """Return what a query asks for. Raises ProblemError (400) that names every mistake. Pure."""
    mistakes: list[str] = []
    found = Wanted(
        limit_of(query, mistakes),
        entry_of(query, mistakes),
        type_of(query, mistakes),
        id_of(query, "conversation_id", "conv_conversation_…", mistakes),
    )
    if mistakes:
        raise ProblemError(400, "the query is not understood", *mistakes)
    return found
