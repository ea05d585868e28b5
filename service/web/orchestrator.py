"""POST /twilio/orchestrator: read, prove, parse, store, answer, in this order and in this file.

Nothing is looked up before the signature holds, and 2xx leaves only after Redis has the event on disk.
"""

import time
from collections.abc import Mapping

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

from service.events.event import Event
from service.store.event_log import Appended, EventLog, StorageUnavailableError
from service.store.malformed import Malformed
from service.store.stats import Counters
from service.twilio.callbacks import MalformedCallbackError, parse
from service.twilio.signature import AuthToken, Proven, Refused, SignedRequest, verify
from service.web import answers, body
from service.web.answers import Answer

log = structlog.get_logger()

MOST_IN_FLIGHT = 1024
"""Requests at once; one more is shed, since it would wait longer than Twilio does."""
ROUTE = "/twilio/orchestrator"
Headers = Mapping[bytes, bytes]


class Proof(msgspec.Struct, frozen=True):
    """What a request is proved against: the configured public URLs and keys; `report` accepts and only counts."""

    public_urls: tuple[str, ...]
    keys: tuple[AuthToken, ...]
    report: bool = False


class Refusal(Exception):  # noqa: N818 - not a fault of ours: an answer other than 2xx, with what the log says of it
    """The request is answered without being stored."""

    def __init__(self, what: Answer, reason: str, **details: object) -> None:
        super().__init__(reason)
        self.what, self.reason, self.details = what, reason, details


class Orchestrator:
    """The ASGI application of the route."""

    def __init__(self, proof: Proof, events: EventLog, malformed: Malformed, counters: Counters, limit: int) -> None:
        """`limit` is the largest body in bytes."""
        self._proof, self._events, self._malformed, self._counters = proof, events, malformed, counters
        self._limit = limit
        self._in_flight = 0
        # Bound once: the proxy that the module holds looks its logger up for each line.
        self._log = log.bind()
        self.shedding = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = time.perf_counter()
        self._in_flight += 1
        try:
            what = await self._receive(scope, receive, began)
        except Refusal as refusal:
            self._note(refusal, began)
            what = refusal.what
        finally:
            self._in_flight -= 1
        await answers.answer(send, what)

    async def _receive(self, scope: Scope, receive: Receive, began: float) -> Answer:
        headers: Headers = dict(scope["headers"])
        self._admit(scope, headers)
        raw = await self._read(headers, receive)
        proven = self._prove(scope, headers, raw)
        try:
            event = parse(raw, int(time.time() * 1000))
        except MalformedCallbackError as error:
            await self._keep(raw, str(error))
            raise Refusal(answers.BAD_REQUEST, "malformed", why=str(error)) from None
        self._same_account(proven, event.account_id)
        appended = await self._append(event)
        self._log.info(
            "event.received",
            event_id=event.id,
            kind=event.kind,
            conversation_id=event.conversation_id,
            outcome=appended.outcome,
            sequence=appended.sequence,
            key=proven.key_index if proven else None,
            bytes=len(raw),
            ms=_since(began),
        )
        return answers.STORED

    def _admit(self, scope: Scope, headers: Headers) -> None:
        if scope["method"] != "POST":
            raise Refusal(answers.POST_ONLY, "method", method=scope["method"][:16])
        if _header(headers, b"content-type").partition(";")[0].strip().lower() != "application/json":
            raise Refusal(answers.WRONG_CONTENT_TYPE, "content_type")
        if self.shedding or self._in_flight > MOST_IN_FLIGHT:
            raise Refusal(answers.UNAVAILABLE, "shed", why="memory" if self.shedding else "in_flight")

    async def _read(self, headers: Headers, receive: Receive) -> bytes:
        if body.announced(headers) > self._limit:
            raise Refusal(answers.TOO_LARGE, "too_large")
        try:
            return await body.read(receive, self._limit)
        except body.TooLargeError:
            raise Refusal(answers.TOO_LARGE, "too_large") from None
        except body.IncompleteError:
            raise Refusal(answers.SLOW, "incomplete_body") from None

    def _prove(self, scope: Scope, headers: Headers, raw: bytes) -> Proven | None:
        request = SignedRequest(
            base_urls=self._proof.public_urls,
            # The bytes of the request line: a decoded path would not be what Twilio signed.
            path=scope["raw_path"].decode("utf-8", "surrogateescape"),
            query=scope["query_string"].decode("utf-8", "surrogateescape"),
            content_type=_header(headers, b"content-type"),
            body=raw,
            signature=_header(headers, b"x-twilio-signature") or None,
        )
        verdict = verify(request, self._proof.keys)
        if isinstance(verdict, Proven):
            return verdict
        self._unproven(verdict)
        return None

    def _unproven(self, refused: Refused) -> None:
        """Refuse; or, in report mode, say loudly that a request is accepted without proof."""
        refusal = Refusal(answers.FORBIDDEN, refused.reason, **_details(refused))
        if not self._proof.report:
            raise refusal
        self._counters.add("unproven_accepted")
        log.warning("request.unproven", route=ROUTE, reason=refused.reason, accepted=True, **_details(refused))

    def _same_account(self, proven: Proven | None, named: str | None) -> None:
        if proven is not None and proven.account and named and proven.account != named:
            raise Refusal(answers.FORBIDDEN, "other_account", key=proven.key_index)

    async def _append(self, event: Event) -> Appended:
        try:
            appended = await self._events.append(event)
        except StorageUnavailableError as error:
            raise Refusal(answers.UNAVAILABLE, "storage", why=str(error), event_id=event.id) from None
        if appended.outcome == "stale":
            # A captured signature never expires: what is older than the log cannot be proved to be new.
            raise Refusal(answers.FORBIDDEN, "stale", event_id=event.id)
        return appended

    async def _keep(self, raw: bytes, why: str) -> None:
        try:
            await self._malformed.keep(ROUTE, raw, why)
        except StorageUnavailableError as error:
            raise Refusal(answers.UNAVAILABLE, "storage", why=str(error)) from None

    def _note(self, refusal: Refusal, began: float) -> None:
        self._counters.add(f"refused:{refusal.reason}")
        log.warning(
            "request.refused",
            route=ROUTE,
            status=refusal.what.status,
            reason=refusal.reason,
            ms=_since(began),
            **refusal.details,
        )


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)


def _header(headers: Headers, name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


def _details(refused: Refused) -> dict[str, object]:
    return {
        "candidates": refused.candidates,
        "keys": refused.key_count,
        "content_type": refused.content_type,
        "body_hash": refused.body_hash_present,
        "hint": refused.hint,
    }
