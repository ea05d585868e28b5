"""One attempt: one POST, one deadline from the look-up to the last byte, and its answer as a value."""

import asyncio
import math
import ssl
from collections.abc import Mapping, Sequence

import aiohttp
import msgspec
from multidict import istr
from yarl import URL

from service.attempt.answer import Answer, Answered, Failed
from service.attempt.connection import SubscriberResponse, TooMuchError
from service.attempt.egress import GuardedConnector, trust
from service.attempt.excerpt import excerpt
from service.attempt.exchange import Deadline, post
from service.attempt.resolver import LOOK_UP, LookUpError, LookUpTimeoutError, RefusedAddressError, Resolver
from service.endpoints.addresses import Network

CONNECT = 5.0
"""Seconds to connect, TLS included."""
WHOLE = 15.0
"""Seconds for the whole attempt."""
MOST_BODY = 64 * 1024
"""Bytes of a body that are read; a longer one is cut off by closing the connection."""

# Little enough that a body of ten thousand tiny chunks is taken in turns with everybody else's.
_PIECE = 4 * 1024
_SUCCESS = range(200, 300)
_RETRY_AFTER, _CONTROL, _ENCODING = istr("retry-after"), istr("webhook-delivery"), istr("content-encoding")

_ERRORS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "timeout"),
    (RefusedAddressError, "refused_address"),
    (LookUpTimeoutError, "dns_timeout"),
    (LookUpError, "dns"),
    (ssl.SSLError, "tls"),
    (aiohttp.ClientSSLError, "tls"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.ServerDisconnectedError, "disconnected"),
    (ConnectionError, "disconnected"),
    (aiohttp.ClientPayloadError, "bad_body"),
    (aiohttp.ClientResponseError, "bad_answer"),
    (TooMuchError, "bad_answer"),
    (aiohttp.InvalidURL, "bad_url"),
)


class Limits(msgspec.Struct, frozen=True):
    """Seconds for the look-up of a name, for a connection, and for the whole attempt."""

    look_up: float = LOOK_UP
    connect: float = CONNECT
    whole: float = WHOLE


def session(
    allowed: Sequence[Network],
    limits: Limits = Limits(),  # noqa: B008 - frozen
    *,
    name_servers: Sequence[str] = (),
    trusted: ssl.SSLContext | None = None,
) -> aiohttp.ClientSession:
    """Return a client for deliveries: guarded, without cookies, redirects, or proxies from the environment.

    Must be called inside a running loop; the caller closes it. `name_servers` (`address:port`) and `trusted` take the
    place of the system's name servers and authorities.
    """
    resolver = Resolver(allowed, within=limits.look_up, name_servers=name_servers)
    # aiohttp rounds deadlines up to whole seconds beyond a threshold: a slot would be held for longer than it may.
    timeout = aiohttp.ClientTimeout(total=limits.whole, sock_connect=limits.connect, ceil_threshold=math.inf)
    return aiohttp.ClientSession(
        connector=GuardedConnector(allowed, resolver, trusted or trust()),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=timeout,
        trust_env=False,
    )


async def send(client: aiohttp.ClientSession, url: URL, headers: Mapping[str, str], body: bytes) -> Answer:
    """Send one delivery and return the answer, or why there was none. Never raises but when cancelled."""
    deadline = Deadline(client.timeout.total or WHOLE)
    try:
        response = await post(client, url, headers, body)
        try:
            if response.status in _SUCCESS:
                return await _accepted(response)
            return await _refused(response, deadline)
        finally:
            # Read to its end it has given its connection back.
            if not response.closed:
                response.close()
    except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError) as error:
        return Failed(_word(error))
    except asyncio.CancelledError:
        if not deadline.caused():
            raise
        return Failed("timeout")
    finally:
        deadline.cancel()


async def _accepted(response: aiohttp.ClientResponse) -> Answered:
    await _read(response, [])
    return Answered(response.status, control=response.headers.get(_CONTROL))


async def _refused(response: aiohttp.ClientResponse, deadline: Deadline) -> Answered:
    """Return an answer that is no success, with the beginning of its body where that may be shown."""
    kept: list[bytes] = []
    # The status says more than how the body broke off.
    try:
        await _read(response, kept)
    except (aiohttp.ClientError, OSError):
        pass
    except asyncio.CancelledError:
        if not deadline.caused():
            raise
    fields = response.headers
    public = isinstance(response, SubscriberResponse) and response.public
    shown = excerpt(b"".join(kept), fields.get(_ENCODING, "")) if public else None
    return Answered(response.status, fields.get(_RETRY_AFTER), fields.get(_CONTROL), shown)


async def _read(response: aiohttp.ClientResponse, kept: list[bytes]) -> None:
    """Read a body into `kept`: to its end, so that its connection can be used again, or to the limit."""
    stream, left = response.content, MOST_BODY
    while left > 0 and not stream.at_eof():
        if kept:
            # Let the others have their turn.
            await asyncio.sleep(0)
        kept.append(await stream.read(min(left, _PIECE)))
        left -= len(kept[-1])


def _word(error: BaseException) -> str:
    causes = [error, error.__cause__, getattr(error, "os_error", None)]
    for kind, word in _ERRORS:
        if any(isinstance(cause, kind) for cause in causes):
            return word
    return "network"
