"""A sample subscriber: proves each delivery, tells what it got, and notices what it gets again.

`GET /subscriber` is what it has got, for a demonstration to count; it holds ids and times, and nothing that was said.
"""

import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.simulator.reckoning import Seen
from service.simulator.story import Story
from service.simulator.verification import verify

PATH = "/subscriber"
MOST_REMEMBERED = 100_000
"""Ids that are remembered, to recognise a repetition."""


class _Data(msgspec.Struct, frozen=True, rename="camel"):
    id: Any = None
    updated_at: Any = None


class _Envelope(msgspec.Struct, frozen=True):
    type: str
    source: str = ""
    conversation_id: str | None = None
    sequence: int | None = None
    data: msgspec.Raw = msgspec.Raw(b"{}")


class Received(msgspec.Struct, frozen=True):
    """What has come: deliveries that were proven, those that came again, those without proof, and each event once."""

    verified: int
    repeated: int
    unproven: int
    events: Sequence[Seen]


class Subscriber:
    """Has one endpoint, signed with one secret (its bytes)."""

    def __init__(self, secret: bytes, story: Story) -> None:
        self._secret, self._story = secret, story
        self._seen: OrderedDict[str, Seen] = OrderedDict()
        self._verified = self._repeats = self._unproven = 0

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route(PATH, self._take, methods=["POST"]), Route(PATH, self._show, methods=["GET"])]

    async def _show(self, _: Request) -> Response:
        found = Received(self._verified, self._repeats, self._unproven, tuple(self._seen.values()))
        return Response(msgspec.json.encode(found), media_type="application/json")

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        verdict = verify(self._secret, request.headers, body, time.time())
        if verdict != "verified":
            self._unproven += 1
            self._story.tell("subscriber ← relay", "unproven delivery", None, verdict, good=False)
            return Response(status_code=401)
        event = msgspec.json.decode(body, type=_Envelope)
        self._verified += 1
        repeated = self._repeated(request.headers["webhook-id"], event)
        self._repeats += repeated
        sequence = f"#{event.sequence} " if event.sequence else ""
        result = f"{sequence}signature verified{', seen before' if repeated else ''}"
        self._story.tell("subscriber ← relay", event.type, event.conversation_id, result)
        return Response(status_code=204)

    def _repeated(self, event_id: str, event: _Envelope) -> bool:
        repeated = event_id in self._seen
        self._seen[event_id] = _seen(event_id, event)
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        return repeated


def _seen(event_id: str, event: _Envelope) -> Seen:
    try:
        data = msgspec.json.decode(event.data, type=_Data)
    except msgspec.MsgspecError:
        # Not every source sends an object.
        data = _Data()
    return Seen(
        id=event_id,
        type=event.type,
        source=event.source,
        conversation_id=event.conversation_id,
        resource_id=data.id if isinstance(data.id, str) else None,
        updated_at=data.updated_at if isinstance(data.updated_at, str) else None,
    )
