"""A signed test: one delivery of the type `endpoint.test`, sent by the process that is asked, and stored nowhere.

It takes the way of every delivery: the same guard, the same signatures and headers, the same deadline.
"""

import secrets
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import aiohttp
import msgspec
from yarl import URL

from service.attempt.answer import Answer, Answered
from service.attempt.sender import send, session
from service.attempt.signing import Signer, headers, signer
from service.endpoints.addresses import Network
from service.endpoints.endpoint import Endpoint
from service.endpoints.rotation import still_signing
from service.events.envelope import envelope
from service.events.event import StoredEvent
from service.events.times import from_milliseconds
from service.registry.sealing import header_values
from service.store.secrets import Sealer

TYPE = "endpoint.test"
_SUCCESS = range(200, 300)


class Trial(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of a test: the answer's status and the beginning of its body, or the error; `ms` is how long it took.

    There is no body where none came, or where it may not be shown.
    """

    id: str
    delivered: bool
    status: int | None
    error: str | None
    ms: int
    body: str | None = None


class Trials:
    """Sends tests; an asynchronous context, with a client of its own."""

    def __init__(self, sealer: Sealer, allowed: tuple[Network, ...], clock: Callable[[], float] = time.time) -> None:
        """`allowed` networks may be reached although they are private; `clock` tells the seconds since 1970.

        Nothing is opened before the context begins.
        """
        self._sealer, self._allowed, self._clock = sealer, allowed, clock
        self._client: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the client."""
        self._client = session(self._allowed)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Close the client."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def send(self, endpoint: Endpoint) -> Trial:
        """Send an endpoint one test and return what came of it.

        Raises service.store.secrets.WrongSecretKeyError.
        """
        client, at, began = self._opened(), self._clock(), time.perf_counter()
        event = sample(endpoint, f"evt_{secrets.token_hex(16)}", int(at * 1000))
        answer = await send(client, URL(endpoint.url), *self._message(endpoint, event, at))
        return judged(event.id, answer, int((time.perf_counter() - began) * 1000))

    def _opened(self) -> aiohttp.ClientSession:
        if self._client is None:
            raise RuntimeError("the context has not begun")
        return self._client

    def _message(self, endpoint: Endpoint, event: StoredEvent, at: float) -> tuple[dict[str, str], bytes]:
        """Return headers and body."""
        body, own = envelope(event), header_values(self._sealer, endpoint)
        signers = self._signers(endpoint, int(at * 1000))
        return headers(signers, event.id, body, timestamp=int(at), attempt=1, previous=None, custom=own), body

    def _signers(self, endpoint: Endpoint, now_ms: int) -> list[Signer]:
        old = ((each.scheme, each.sealed_secret) for each in still_signing(endpoint, now_ms))
        keys = ((endpoint.scheme, endpoint.sealed_secret), *old)
        return [signer(scheme, self._sealer.open(sealed)) for scheme, sealed in keys]


def sample(endpoint: Endpoint, event_id: str, at_ms: int) -> StoredEvent:
    """Return the event of a test. Pure."""
    return StoredEvent(
        entry_id="",
        id=event_id,
        kind=TYPE,
        timestamp=from_milliseconds(at_ms),
        source="service",
        account_id=None,
        conversation_id=None,
        status=None,
        previous_status=None,
        sequence=None,
        late=False,
        data=msgspec.json.encode({"endpoint_id": endpoint.id}),
    )


def judged(event_id: str, answer: Answer, ms: int) -> Trial:
    """Return what an answer says of the endpoint. Pure."""
    if isinstance(answer, Answered):
        delivered = answer.status in _SUCCESS
        return Trial(id=event_id, delivered=delivered, status=answer.status, error=None, ms=ms, body=answer.body)
    return Trial(id=event_id, delivered=False, status=None, error=answer.error, ms=ms)
