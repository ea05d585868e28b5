"""A stand-in for Conversations v2: fetching a conversation and its communications, and closing it.

It answers under `/v2` as https://conversations.twilio.com/v2 does, and sends the callback that closing causes.
"""

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.simulator.clock import now
from service.simulator.sender import Sender
from service.simulator.story import Story
from service.simulator.world import World

_STATUSES = ("ACTIVE", "INACTIVE", "CLOSED")


class StandIn:
    """Answers from the world, and tells its sender of what it changed."""

    def __init__(self, world: World, sender: Sender, story: Story) -> None:
        self._world, self._sender, self._story = world, sender, story
        self._sending: set[asyncio.Task[bool]] = set()

    def routes(self) -> list[Route]:
        """Return the routes."""
        conversation = "/v2/Conversations/{conversation}"
        return [
            Route(conversation, self._fetch, methods=["GET"]),
            Route(conversation, self._change, methods=["PATCH"]),
            Route(f"{conversation}/Communications", self._list, methods=["GET"]),
            Route(f"{conversation}/Communications/{{communication}}", self._fetch_communication, methods=["GET"]),
        ]

    async def _fetch(self, request: Request) -> Response:
        refused = self._refusal(request)
        return refused or JSONResponse(self._world.conversation(request.path_params["conversation"]))

    async def _change(self, request: Request) -> Response:
        refused = self._refusal(request)
        if refused:
            return refused
        name = request.path_params["conversation"]
        wanted = _wanted_status(await request.body())
        if wanted not in _STATUSES:
            return _error(400, 20001, "status must be ACTIVE, INACTIVE or CLOSED")
        callback = self._world.close(name, now()) if wanted == "CLOSED" else None
        self._story.tell("Twilio ← worker", f"PATCH status {wanted}", name, "200 OK")
        if callback is not None:
            task = asyncio.create_task(self._sender.send(callback))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return JSONResponse(self._world.conversation(name))

    async def _list(self, request: Request) -> Response:
        refused = self._refusal(request)
        found = self._world.communications(request.path_params["conversation"])
        return refused or JSONResponse({"communications": found, "meta": {"nextToken": None, "pageSize": 50}})

    async def _fetch_communication(self, request: Request) -> Response:
        found = self._world.communications(request.path_params["conversation"])
        named = [each for each in found if each["id"] == request.path_params["communication"]]
        return self._refusal(request) or (JSONResponse(named[0]) if named else _error(404, 20404, "not found"))

    def _refusal(self, request: Request) -> Response | None:
        if not request.headers.get("authorization", "").startswith("Basic "):
            return _error(401, 20003, "authenticate")
        if self._world.conversation(request.path_params["conversation"]) is None:
            return _error(404, 20404, "not found")
        return None


def _wanted_status(body: bytes) -> object:
    try:
        return msgspec.json.decode(body, type=dict[str, object]).get("status")
    except (msgspec.MsgspecError, UnicodeError):
        return None


def _error(status: int, code: int, message: str) -> Response:
    return JSONResponse({"status": status, "code": code, "message": message}, status)
