"""A small real Twilio: Conversations v2 over HTTP, as much of it as the close job meets, with faults on demand.

Runs on a free port of the loopback, in a thread of whoever uses it. `patches` counts the PATCHes that arrived for a
conversation, `closings` those that changed it from open to CLOSED.
"""

import asyncio
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

CREATED = "2026-11-20T14:03:10.114Z"


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next `times` matching requests.

    `status` answers with an error, before the effect, or after it with `after_effect`. `hold` seconds pass before
    the answer (after the effect with `after_effect`), long enough for a caller to give up or to be killed.
    """

    method: str
    times: int = 1
    status: int | None = None
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    after_effect: bool = False
    hold: float = 0.0
    path_ends: str = ""
    lost: bool = False
    """The answer breaks off, after the effect."""


class FakeTwilio:
    """The state behind the API; safe to read and change from the thread of a test."""

    def __init__(self) -> None:
        self.url = ""
        self.forget()

    def forget(self) -> None:
        """Be as new."""
        self.conversations: dict[str, dict[str, Any]] = {}
        self.communications: dict[str, list[dict[str, Any]]] = {}
        self.participants: dict[str, list[dict[str, Any]]] = {}
        self.patches: Counter[str] = Counter()
        self.closings: Counter[str] = Counter()
        self.requests: list[tuple[float, str, str]] = []
        self.faults: list[Fault] = []
        self.weather: Callable[[str], Fault | None] = lambda _: None
        """Says of each request, by its method, what goes wrong with it besides."""
        self.authorization: str | None = None
        self.list_fields = {"id", "conversationId", "createdAt", "occurredAt"}

    def converse(self, conversation_id: str, status: str = "INACTIVE", **fields: Any) -> str:  # noqa: ANN401 - any JSON
        """Make a conversation and return its id."""
        about = {"id": conversation_id, "status": status, "createdAt": CREATED, "updatedAt": CREATED}
        self.conversations[conversation_id] = {**about, **fields}
        self.communications[conversation_id] = []
        return conversation_id

    def say(self, conversation_id: str, at: str, **fields: Any) -> str:  # noqa: ANN401 - any JSON
        """Add a communication of this time and return its id."""
        found = self.communications[conversation_id]
        item_id = f"conv_communication_{len(found):026d}"
        found.append({"id": item_id, "conversationId": conversation_id, "createdAt": at, "occurredAt": at, **fields})
        return item_id

    def join(self, conversation_id: str, **fields: Any) -> str:  # noqa: ANN401 - any JSON
        """Add a participant and return its id."""
        found = self.participants.setdefault(conversation_id, [])
        found.append({"id": f"conv_participant_{len(found):026d}", "addresses": [], **fields})
        return str(found[-1]["id"])

    def fail(self, method: str, **fault: Any) -> None:  # noqa: ANN401 - the fields of Fault
        """Let the next requests of this method fail as said."""
        self.faults.append(Fault(method, **fault))

    def asked(self, method: str) -> list[float]:
        """Return when (`time.monotonic`) requests of this method arrived."""
        return [at for at, asked, _ in list(self.requests) if asked == method]

    def _fault(self, request: Request) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.method == request.method and request.url.path.endswith(fault.path_ends):
                fault.times -= 1
                return fault
        return self.weather(request.method)

    async def answer(self, request: Request) -> Response:
        """Answer any request, with its fault if it has one."""
        self.requests.append((time.monotonic(), request.method, request.url.path))
        if "conversation" not in request.path_params:
            return self._fault_of(request) or self._list(request)
        if request.method == "PATCH":
            self.patches[request.path_params["conversation"]] += 1
        body = await request.body()
        if self.authorization is not None and request.headers.get("authorization") != self.authorization:
            return _error(401, 20003, "Authenticate")
        fault = self._fault(request)
        if fault is None:
            return self._effect(request, body)
        said = self._effect(request, body) if fault.after_effect or fault.lost else None
        if fault.lost:
            return Response(b"{", headers={"content-length": "100"})
        await asyncio.sleep(fault.hold)
        if fault.status is not None:
            content = json.dumps(fault.body) if fault.body else None
            return Response(content, fault.status, fault.headers, "application/json")
        return said or self._effect(request, body)

    def _fault_of(self, request: Request) -> Response | None:
        fault = self._fault(request)
        return None if fault is None else Response(json.dumps(fault.body), fault.status or 500, fault.headers)

    def _list(self, request: Request) -> Response:
        wanted = request.query_params.getlist("status")
        found = [one for one in self.conversations.values() if not wanted or one["status"] in wanted]
        return _slice("conversations", found, request)

    def _effect(self, request: Request, body: bytes) -> Response:
        found = self.conversations.get(request.path_params["conversation"])
        if found is None:
            return _error(404, 20404, "The requested resource was not found")
        if "participant" in request.path_params or request.url.path.endswith("/Participants"):
            return self._people(found["id"], request)
        if "communication" in request.path_params:
            return self._one(found["id"], request.path_params["communication"])
        if request.url.path.endswith("/Communications"):
            return self._page(found["id"], request)
        return self._close(found) if request.method == "PATCH" and b"CLOSED" in body else JSONResponse(found)

    def _close(self, found: dict[str, Any]) -> Response:
        if found["status"] == "CLOSED":
            return _error(409, 20409, "Conversation is already closed")
        found["status"] = "CLOSED"
        self.closings[found["id"]] += 1
        return JSONResponse(found)

    def _one(self, conversation: str, communication: str) -> Response:
        found = next((item for item in self.communications[conversation] if item["id"] == communication), None)
        return JSONResponse(found) if found else _error(404, 20404, "The requested resource was not found")

    def _people(self, conversation: str, request: Request) -> Response:
        people = self.participants.get(conversation, [])
        asked = request.path_params.get("participant")
        if asked is None:
            return _slice("participants", people, request)
        found = next((one for one in people if one["id"] == asked), None)
        return JSONResponse(found) if found else _error(404, 20404, "The requested resource was not found")

    def _page(self, conversation: str, request: Request) -> Response:
        items = self.communications[conversation]
        shown = [{k: v for k, v in item.items() if k in self.list_fields} for item in items]
        return _slice("communications", shown, request)


def _slice(name: str, items: list[dict[str, Any]], request: Request) -> Response:
    size, begin = int(request.query_params.get("pageSize", 50)), int(request.query_params.get("pageToken", 0))
    token = str(begin + size) if begin + size < len(items) else None
    return JSONResponse({name: items[begin : begin + size], "meta": {"pageSize": size, "nextToken": token}})


def _error(status: int, code: int, message: str) -> Response:
    return JSONResponse({"code": code, "message": message, "more_info": "", "status": status}, status)


@contextmanager
def running_fake_twilio() -> Iterator[FakeTwilio]:
    """Run one until the block ends."""
    twilio = FakeTwilio()
    one = "/v2/Conversations/{conversation}"
    people = f"{one}/Participants"
    said = f"{one}/Communications"
    routes = ["/v2/Conversations", one, people, f"{people}/{{participant}}", said, f"{said}/{{communication}}"]
    app = Starlette(routes=[Route(path, twilio.answer, methods=["GET", "PATCH"]) for path in routes])
    listener = socket.create_server(("127.0.0.1", 0))
    twilio.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v2"
    config = uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield twilio
    finally:
        server.should_exit = True
        thread.join(timeout=5)
        listener.close()
