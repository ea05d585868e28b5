"""A small real Conversation Memory over HTTP: lookups, merged profiles, and observations that show late; with faults.

What was written shows in lists only after `show`. Runs on a free port of the loopback, in a thread of whoever uses it.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fake_twilio import Fault
from tests.served import served

STORE = "mem_store_01kaqmqq1hf03v8t38qgnsnfqv"
_SOURCE = re.compile(r"[A-Za-z0-9 _.-]{1,100}")
_PAGE = 50


class FakeMemory:
    """The state behind the API; safe to read and change from the thread of a test."""

    def __init__(self) -> None:
        self.url = ""
        self.forget()

    def forget(self) -> None:
        """Be as new."""
        self.stores = {STORE}
        self.identifiers: dict[tuple[str, str], list[str]] = {}
        self.merged: dict[str, str] = {}
        self.unknown: set[str] = set()
        self.unwanted = ""
        self.written: list[tuple[str, dict[str, Any]]] = []
        self.shown = 0
        self.requests: list[tuple[str, str, Any]] = []
        self.faults: list[Fault] = []

    def show(self) -> None:
        """Let lists have all that was written until now."""
        self.shown = len(self.written)

    def fail(self, method: str, **fault: Any) -> None:  # noqa: ANN401 - the fields of Fault
        """Let the next requests of this method fail as said."""
        self.faults.append(Fault(method, **fault))

    @property
    def contents(self) -> list[str]:
        """All that is remembered, the oldest first."""
        return [one["content"] for _, one in self.written]

    @property
    def times_written(self) -> Counter[tuple[str, str]]:
        """How often each profile has each content."""
        return Counter((profile, one["content"]) for profile, one in self.written)

    @property
    def posts(self) -> list[list[str]]:
        """The contents of each POST of observations that arrived."""
        asked = (body for method, path, body in self.requests if method == "POST" and path.endswith("/Observations"))
        return [[one["content"] for one in body["observations"]] for body in asked]

    def calls(self) -> list[tuple[str, str]]:
        """Method and path of each request, without the store."""
        return [(method, path.removeprefix(f"/v1/Stores/{STORE}/Profiles")) for method, path, _ in self.requests]

    async def answer(self, request: Request) -> Response:
        """Answer any request, with its fault if it has one."""
        body = await request.body()
        told = msgspec.json.decode(body) if body else None
        self.requests.append((request.method, request.url.path, told))
        fault = next((one for one in self.faults if one.times and one.method == request.method), None)
        if fault is None:
            return self._effect(request, told)
        fault.times -= 1
        said = self._effect(request, told) if fault.after_effect else None
        await asyncio.sleep(fault.hold)
        if fault.status is not None:
            return JSONResponse(fault.body, fault.status, fault.headers)
        # Its caller has given up by now; what was not done before is not done after all.
        return said or _error(504, "Gateway timeout")

    def _effect(self, request: Request, told: Any) -> Response:  # noqa: ANN401 - any JSON
        store, profile = request.path_params["store"], request.path_params.get("profile")
        if store not in self.stores or profile in self.unknown:
            return _error(404, "The requested resource was not found")
        if profile == "Lookup":
            found = self.identifiers.get((told["idType"], told["value"]), [])
            return JSONResponse({"normalizedValue": told["value"], "profiles": found})
        if profile in self.merged:
            headers = {"Canonical-Profile-Id": self.merged[profile]}
            return Response(status_code=308, headers=headers)
        if profile is None or not request.url.path.endswith("/Observations"):
            return JSONResponse({"id": profile or store, "status": "ACTIVE"})
        return self._list(profile, request) if request.method == "GET" else self._write(profile, told)

    def _write(self, profile: str, told: dict[str, Any]) -> Response:
        given = told["observations"]
        if set(told) != {"observations"} or not 1 <= len(given) <= 10 or not all(map(self._wanted, given)):
            return _error(400, "Bad request")
        self.written += [(profile, one) for one in given]
        return JSONResponse({"message": "Observations accepted"}, 202)

    def _wanted(self, one: dict[str, Any]) -> bool:
        said = 1 <= len(one["content"]) <= 4096 and bool(_SOURCE.fullmatch(one["source"]))
        known = set(one) <= {"content", "source", "occurredAt", "conversationIds"}
        return said and known and not (self.unwanted and self.unwanted in one["content"])

    def _list(self, profile: str, request: Request) -> Response:
        source, begin = request.query_params.get("source"), int(request.query_params.get("pageToken", 0))
        found = [one for of, one in self.written[: self.shown] if of == profile and source in {None, one["source"]}]
        items = [{"id": f"mem_observation_{i}", **one} for i, one in enumerate(found)][begin : begin + _PAGE]
        token = str(begin + _PAGE) if begin + _PAGE < len(found) else None
        return JSONResponse({"observations": items, "meta": {"nextToken": token}})


def _error(status: int, message: str) -> Response:
    return JSONResponse({"code": 520001, "message": message, "more_info": "", "status": status}, status)


@contextmanager
def running_fake_memory() -> Iterator[FakeMemory]:
    """Run one until the block ends."""
    memory = FakeMemory()
    store = "/v1/Stores/{store}"
    profile = f"{store}/Profiles/{{profile}}"
    routes = ["/v1/ControlPlane/Stores/{store}", profile, f"{profile}/Observations"]
    app = Starlette(routes=[Route(path, memory.answer, methods=["GET", "POST"]) for path in routes])
    with served(app) as url:
        memory.url = f"{url}/v1"
        yield memory
