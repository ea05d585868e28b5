"""`/api/conversations`: what is known of one, and closing it."""

from datetime import UTC, datetime
from typing import Any

import structlog
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.events.types import event_type
from service.store import conversations, job_pages
from service.store.jobs import LONGEST_REASON, request_close
from service.store.keys import Keys
from service.store.search import Wanted, search
from service.web.api.reading import json_object, unknown
from service.web.api.resource import answer, missing, path_id, resource
from service.web.problems import ProblemError

log = structlog.get_logger()

NOUN = "conversation"
SHOWN = 100
"""Events that are named, the newest; `/api/events?conversation_id=` goes on from `next`."""


class Conversations:
    """The handlers of the conversations."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis, self._keys = redis, keys

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            resource("/api/conversations/{id}", {"GET": self._show}),
            resource("/api/conversations/{id}/close", {"POST": self._close}),
        ]

    async def _show(self, request: Request) -> Response:
        found = await conversations.fetch(self._redis, self._keys, path_id(request, NOUN))
        if found is None:
            raise missing(NOUN)
        page = await search(self._redis, self._keys, Wanted(SHOWN, conversation_id=found.id))
        events = [
            {"id": e.id, "type": event_type(e), "timestamp": e.timestamp, "sequence": e.sequence} for e in page.events
        ]
        return answer(
            {
                "id": found.id,
                "status": found.status,
                "updated_at": found.updated_at,
                "sequence": found.sequence,
                "close_job_id": found.close_job_id,
                "jobs": await job_pages.of_conversation(self._redis, self._keys, found.id),
                "events": events,
                "next": page.next,
            }
        )

    async def _close(self, request: Request) -> Response:
        """Ask for the close, also of a conversation that we have heard nothing of: Twilio may know it."""
        conversation_id = path_id(request, NOUN)
        reason = _reason(await json_object(request, optional=True))
        job_id = await request_close(self._redis, self._keys, conversation_id, reason, datetime.now(UTC))
        log.info("close.requested", conversation_id=conversation_id, job_id=job_id)
        return answer({"job_id": job_id}, 202, {"Location": f"/api/jobs/{job_id}"})


def _reason(fields: dict[str, Any]) -> str:
    mistakes = unknown(fields, ("reason",))
    reason = fields.get("reason", "")
    if not isinstance(reason, str) or len(reason) > LONGEST_REASON or not reason.isprintable():
        mistakes.append(
            f'reason: must be a text on one line, at most {LONGEST_REASON} characters; for example "duplicate"'
        )
    if mistakes:
        raise ProblemError(422, "the conversation cannot be closed like this", *mistakes)
    return str(reason)
