"""A sample subscriber: proves each delivery, tells what it got, and notices what it gets again."""

import time
from collections import OrderedDict

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.simulator.story import Story
from service.simulator.verification import verify

PATH = "/subscriber"
MOST_REMEMBERED = 10_000
"""Ids that are remembered, to recognise a repetition."""


class _Envelope(msgspec.Struct, frozen=True):
    type: str
    conversation_id: str | None = None
    sequence: int | None = None


class Subscriber:
    """Has one endpoint, signed with one secret (its bytes)."""

    def __init__(self, secret: bytes, story: Story) -> None:
        self._secret, self._story = secret, story
        self._seen: OrderedDict[str, None] = OrderedDict()

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route(PATH, self._take, methods=["POST"])]

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        verdict = verify(self._secret, request.headers, body, time.time())
        if verdict != "verified":
            self._story.tell("subscriber ← relay", "unproven delivery", None, verdict, good=False)
            return Response(status_code=401)
        event = msgspec.json.decode(body, type=_Envelope)
        repeated = self._repeated(request.headers["webhook-id"])
        sequence = f"#{event.sequence} " if event.sequence else ""
        result = f"{sequence}signature verified{', seen before' if repeated else ''}"
        self._story.tell("subscriber ← relay", event.type, event.conversation_id, result)
        return Response(status_code=204)

    def _repeated(self, event_id: str) -> bool:
        repeated = event_id in self._seen
        self._seen[event_id] = None
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        return repeated
