"""The API's door: who may call, what fails on demand, and what is noted of each call."""

import asyncio
import base64
import binascii
import gzip
import hmac
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from service.simulator import clock
from service.simulator.call import Call, RefusedError, Reply, Resource, bad_request
from service.simulator.faults import AFTER_EFFECT, STATUSES, Fault
from service.simulator.ledger import Closing, Ledger
from service.simulator.rest.route import Api, Route
from service.simulator.scenario import identifier
from service.simulator.story import Story
from service.simulator.wanted import ChangedConversation
from service.simulator.world.bounded import trim
from service.simulator.world.world import World

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_CHANGING = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Gate:
    """Stands before all routes. `changed` is called after each call that may have changed the world."""

    world: World
    ledger: Ledger
    story: Story
    credentials: Mapping[str, str]
    changed: Callable[[], None]
    ending: asyncio.Event

    async def answer(self, route: Route, request: Request) -> Response:
        """Answer a call."""
        count = self.ledger.arrived(request.method, request.url.path)
        fault: Fault | None = None
        try:
            self._admit(route, request)
            fault = self.world.faults.of_call(self.world.birth.seed, request.method, request.url.path, count)
            reply = await self._effect(route, request, fault)
        except RefusedError as refused:
            reply = _refused(route.api, refused)
        outcome = fault or str(reply.status)
        self.ledger.answered(request.method, route.api, route.path, request.path_params, outcome)
        if fault is not None:
            self.ledger.faults[fault] += 1
        self._tell(route, request, await request.body(), outcome)
        return await self._sent(route, reply, fault)

    def _admit(self, route: Route, request: Request) -> None:
        if not self._proven(request.headers.get("authorization", "")):
            raise RefusedError(401, 20003, "Authenticate")
        if request.method not in route.answers:
            raise RefusedError(405, 20004, "Method not allowed", {"Allow": ", ".join(route.answers)})
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind and kind != "application/json":
            raise RefusedError(415, 20422, "The content type must be application/json")

    def _proven(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeError):
            return False
        expected = self.credentials.get(user)
        right = expected is not None and hmac.compare_digest(password.encode(), expected.encode())
        return right and scheme.lower() == "basic"

    async def _effect(self, route: Route, request: Request, fault: Fault | None) -> Reply:
        call = await _call(request)
        if self.world.faults.latency:
            await self._wait(self.world.faults.latency)
        if fault is not None and fault not in AFTER_EFFECT:
            return Reply(STATUSES[fault][0])
        now = clock.now()
        self.world.tick(now)
        before = self._status(request)
        try:
            return route.answers[request.method](self.world, replace(call, at=now))
        finally:
            self._note(route, request, before)
            self.changed()

    async def _sent(self, route: Route, reply: Reply, fault: Fault | None) -> Response:
        if fault is not None:
            if fault.startswith("timeout"):
                await self._wait(self.world.faults.hold)
            status, code, message = STATUSES[fault]
            again = self.world.faults.retry_after
            headers = {"Retry-After": f"{again:g}"} if status in {429, 503} and again is not None else {}
            reply = _refused(route.api, RefusedError(status, code, message, headers))
        told = {"Twilio-Request-Id": identifier("RQ", self.world.birth.seed, str(self.ledger.calls.total()))}
        headers = {**told, **reply.headers}
        if reply.body is None:
            return Response(status_code=reply.status, headers=headers)
        return JSONResponse(reply.body, reply.status, headers)

    async def _wait(self, seconds: float) -> None:
        # Whoever ends the simulation does not wait for those who are kept waiting.
        try:
            async with asyncio.timeout(seconds):
                await self.ending.wait()
        except TimeoutError:
            pass

    def _status(self, request: Request) -> str | None:
        kept = self.world.conversations.kept.get(request.path_params.get("conversation", ""))
        return kept.status if kept else None

    def _note(self, route: Route, request: Request, before: str | None) -> None:
        """Note what a caller has seen of a conversation, and what it had when it was closed."""
        name = request.path_params.get("conversation", "")
        kept = self.world.conversations.kept.get(name)
        if kept is None:
            return
        if request.method == "GET" and route.path.endswith("/Communications"):
            self.ledger.listed[name] = len(kept.communications)
            trim(self.ledger.listed)
        if kept.status == "CLOSED" and before != "CLOSED":
            listed = self.ledger.listed.get(name, 0)
            self.ledger.closings.append(Closing(name, "rest", len(kept.communications), listed))

    def _tell(self, route: Route, request: Request, body: bytes, outcome: str) -> None:
        if request.method in _CHANGING or not outcome.startswith("2"):
            name = request.path_params.get("conversation") or request.path_params.get("profile")
            what = _status_in(body) if route.path.endswith("{conversation}") else None
            what = f"{request.method} {what or _noun(route.path)}"
            self.story.tell("Twilio ← service", what, name, outcome, good=outcome.startswith("2"))


def _status_in(body: bytes) -> str | None:
    """Return the status that a call asks for, for people to read."""
    try:
        wanted = msgspec.json.decode(body, type=ChangedConversation).status
    except (msgspec.MsgspecError, UnicodeError):
        return None
    return f"status {wanted}" if isinstance(wanted, str) else None


def _noun(path: str) -> str:
    """Return what a route is about: the last part of its path that is no name."""
    return next(part for part in reversed(path.split("/")) if not part.startswith("{"))


async def _call(request: Request) -> Call:
    body = await request.body()
    if request.headers.get("content-encoding") == "gzip":
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error):
            raise bad_request("the body is not what Content-Encoding says") from None
    return Call(
        method=request.method,
        path=request.url.path,
        names=request.path_params,
        query=tuple(request.query_params.multi_items()),
        headers=dict(request.headers),
        body=body,
        at=0,
        base=str(request.base_url).rstrip("/"),
    )


def _refused(api: Api, refused: RefusedError) -> Reply:
    """Return an error as this API words it: Intelligence has a body of its own."""
    more = f"https://www.twilio.com/docs/errors/{refused.code}"
    body: Resource = {"code": refused.code, "message": refused.message, "more_info": more, "status": refused.status}
    if api == "intelligence":
        body = {"code": refused.code, "httpStatusCode": refused.status, "message": refused.message}
        body |= {"userError": refused.status < 500, "params": {}}  # noqa: PLR2004 - where the fault is Twilio's
    return Reply(refused.status, body, refused.headers)
