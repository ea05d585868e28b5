"""`/api/events`: the event log, and what became of each event. An event looks as its subscribers get it."""

import re
from collections.abc import Mapping

import msgspec
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.endpoints.filters import valid
from service.events.envelope import envelope
from service.store.explanation import explain
from service.store.keys import Keys
from service.store.search import Wanted, search
from service.web.api.resource import answer, is_id, missing, path_id, resource
from service.web.problems import ProblemError

NOUN = "event"
USUAL, MOST = 50, 200
"""Events on a page."""
_ENTRY = re.compile(r"[0-9]{1,19}-[0-9]{1,19}")


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
        return answer(
            {
                "event": msgspec.Raw(envelope(found.event)),
                "routed": found.routed,
                "deliveries": found.deliveries,
                "jobs": found.jobs,
            }
        )


def wanted(query: Mapping[str, str]) -> Wanted:
    """Return what a query asks for. Raises ProblemError (400) that names every mistake. Pure."""
    limit, after = query.get("limit", str(USUAL)), query.get("after")
    name, conversation_id = query.get("type"), query.get("conversation_id")
    mistakes = []
    if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= MOST):  # noqa: PLR2004
        mistakes.append(f"limit: must be between 1 and {MOST}; for example limit={USUAL}")
    if after is not None and not _ENTRY.fullmatch(after):
        mistakes.append("after: must be what an earlier page had as next")
    if name is not None and not valid(name):
        mistakes.append("type: is no type and no pattern; for example conversation.* or message.received")
    if conversation_id is not None and not is_id(conversation_id):
        mistakes.append("conversation_id: is no id; for example conversation_id=conv_conversation_…")
    if mistakes:
        raise ProblemError(400, "the query is not understood", *mistakes)
    return Wanted(int(limit), after, name, conversation_id)
