"""A request of Twilio's: read, prove, parse, store, answer, in this order and in this file, whatever the route.

Nothing is looked up before the signature holds, and 2xx leaves only after Redis has the event on disk; but for those
routes (`harmless` in service.web.inbound) where a person waits at the other end, whom no answer of ours may harm.
"""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from starlette.types import Receive, Scope, Send

from service.events.event import Event
from service.store.event_log import Appended, StorageUnavailableError
from service.twilio.callbacks import MalformedCallbackError
from service.twilio.inbound.batch import Batch
from service.twilio.inbound.parameters import Parameters
from service.twilio.signature import Proven, SignedRequest, verify
from service.twilio.signed_request import octets
from service.web import answers, body
from service.web.answers import Answer
from service.web.batches import Batches
from service.web.inbound import Inbound
from service.web.intake import MOST_PARAMETERS, Intake, Refusal, details

log = structlog.get_logger()

Headers = Mapping[bytes, bytes]
Reply = Callable[[Parameters], Awaitable[Answer]]
"""What is said to a call that comes in."""

_CONTENT_TYPES = {
    "json": ("application/json", b"application/json"),
    "form": ("application/x-www-form-urlencoded", b"application/x-www-form-urlencoded; charset=UTF-8"),
}
"""The content type that a body has to have, and how Twilio writes it."""


class Reception:
    """The ASGI application of one route."""

    def __init__(self, route: Inbound, intake: Intake, reply: Reply | None = None) -> None:
        """`reply` answers what is proven; without one the route's own answer does."""
        self._route, self._intake, self._reply = route, intake, reply
        self._methods, self._is_form = route.methods, route.body == "form"
        self._content_type, self._usual_type = _CONTENT_TYPES[route.body]
        self._refusals = answers.refusals(route.error, route.methods)
        self._batches = Batches(intake, route.path)
        # Bound once: the proxy that the module holds looks its logger up for each line.
        self._log = log.bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = time.perf_counter()
        self._intake.in_flight += 1
        try:
            what = await self._receive(scope, receive, began)
        except Refusal as refusal:
            self._note(refusal, began)
            what = self._refusals[refusal.status]
        except Exception as error:  # noqa: BLE001 - a fault of ours must not be answered in words that Twilio would send on
            self._note(_fault(error), began)
            what = self._refusals[500]
        finally:
            self._intake.in_flight -= 1
        await answers.answer(send, what)

    async def _receive(self, scope: Scope, receive: Receive, began: float) -> Answer:
        headers: Headers = dict(scope["headers"])
        self._admit(scope, headers)
        raw = await self._read(scope, headers, receive)
        request = self._request(scope, headers, raw)
        proven = self._prove(request)
        told: Any = Parameters(proven.pairs if proven else request.pairs()) if self._is_form else raw
        try:
            event = self._route.parse(told, int(time.time() * 1000))
        except MalformedCallbackError as error:
            await self._keep(request, str(error))
            raise Refusal(400, "malformed", why=str(error)) from None
        if isinstance(event, Batch):
            await self._batches.store(event, proven)
            return self._route.stored
        self._same_account(proven, event.account_id)
        # First the words, then the log: a reply may create the conversation that the call belongs to.
        what = self._route.stored if self._reply is None else await self._reply(told)
        appended = await self._append(event)
        if appended is not None:
            self._told(event, appended, proven.key_index if proven else None, len(raw), began)
        return what

    def _admit(self, scope: Scope, headers: Headers) -> None:
        if scope["method"] not in self._methods:
            raise Refusal(405, "method", method=scope["method"][:16])
        if headers.get(b"content-type") != self._usual_type and scope["method"] != "GET":
            given = _header(headers, b"content-type").partition(";")[0].strip().lower()
            if given != self._content_type:
                raise Refusal(415, "content_type")
        if not self._route.harmless and (why := self._intake.full()):
            raise Refusal(503, "shed", why=why)

    async def _read(self, scope: Scope, headers: Headers, receive: Receive) -> bytes:
        limit = self._intake.limit
        if body.announced(headers) > limit or len(scope["query_string"]) > limit:
            raise Refusal(413, "too_large")
        try:
            raw = await body.read(receive, limit)
        except body.TooLargeError:
            raise Refusal(413, "too_large") from None
        except body.IncompleteError:
            raise Refusal(408, "incomplete_body") from None
        if self._is_form and max(raw.count(b"&"), scope["query_string"].count(b"&")) > MOST_PARAMETERS:
            raise Refusal(413, "too_many_parameters")
        return raw

    def _request(self, scope: Scope, headers: Headers, raw: bytes) -> SignedRequest:
        return SignedRequest(
            base_urls=self._intake.proof.public_urls,
            # The bytes of the request line: a decoded path would not be what Twilio signed.
            path=scope["raw_path"].decode("utf-8", "surrogateescape"),
            query=scope["query_string"].decode("utf-8", "surrogateescape"),
            content_type=_header(headers, b"content-type"),
            body=raw,
            signature=_header(headers, b"x-twilio-signature") or None,
            method=scope["method"],
            signature_settings=_header(headers, b"x-twilio-webhooks-signature-settings") or None,
        )

    def _prove(self, request: SignedRequest) -> Proven | None:
        """Return the proof; in report mode say loudly that a request is accepted without one."""
        verdict = verify(request, self._intake.proof.keys)
        if isinstance(verdict, Proven):
            return verdict
        refusal = Refusal(403, verdict.reason, **details(verdict, request.method))
        if not self._intake.proof.report:
            raise refusal
        self._intake.counters.add("unproven_accepted")
        log.warning("request.unproven", route=self._route.path, reason=refusal.reason, accepted=True, **refusal.details)
        return None

    def _same_account(self, proven: Proven | None, named: str | None) -> None:
        if proven is not None and proven.account and named and proven.account != named:
            raise Refusal(403, "other_account", key=proven.key_index)

    async def _append(self, event: Event) -> Appended | None:
        """Return what became of the event; None where the answer leaves although it is not stored."""
        try:
            appended = await self._intake.events.append(event)
        except StorageUnavailableError as error:
            if not self._route.harmless:
                raise Refusal(503, "storage", why=str(error), event_id=event.id) from None
            self._intake.counters.add("refused:unstored")
            log.warning("event.unstored", route=self._route.path, event_id=event.id, why=str(error))
            return None
        if appended.outcome == "stale":
            # A captured signature never expires: what is older than the log cannot be proved to be new.
            raise Refusal(403, "stale", event_id=event.id)
        return appended

    async def _keep(self, request: SignedRequest, why: str) -> None:
        what = octets(request.query) if request.method == "GET" else request.body
        try:
            await self._intake.malformed.keep(self._route.path, what, why, request.method)
        except StorageUnavailableError as error:
            if not self._route.harmless:
                raise Refusal(503, "storage", why=str(error)) from None

    def _told(self, event: Event, appended: Appended, key: int | None, size: int, began: float) -> None:
        self._log.info(
            "event.received",
            event_id=event.id,
            kind=event.kind,
            conversation_id=appended.conversation_id,
            outcome=appended.outcome,
            sequence=appended.sequence,
            key=key,
            bytes=size,
            ms=_since(began),
        )

    def _note(self, refusal: Refusal, began: float) -> None:
        self._intake.counters.add(f"refused:{refusal.reason}")
        log.warning(
            "request.refused",
            route=self._route.path,
            status=self._refusals[refusal.status].status,
            reason=refusal.reason,
            ms=_since(began),
            **refusal.details,
        )


class FailOpen(Reception):
    """One whose answer leaves when its patience is over, whatever has been done by then."""

    async def _receive(self, scope: Scope, receive: Receive, began: float) -> Answer:
        try:
            async with asyncio.timeout(self._route.patience):
                return await super()._receive(scope, receive, began)
        except TimeoutError:
            raise Refusal(408, "too_slow") from None


def reception(route: Inbound, intake: Intake, reply: Reply | None = None) -> Reception:
    """Return the application of a route."""
    return Reception(route, intake, reply) if route.patience is None else FailOpen(route, intake, reply)


def _fault(error: Exception) -> Refusal:
    # Where it happened and no more: the words of an exception may be the sender's.
    frames = traceback.extract_tb(error.__traceback__)
    return Refusal(500, "fault", error=type(error).__name__, at=f"{frames[-1].filename}:{frames[-1].lineno}")


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)


def _header(headers: Headers, name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")
