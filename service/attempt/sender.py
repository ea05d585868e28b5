"""One attempt: one POST, one deadline from the look-up to the last byte, and its answer as a value."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence

import aiohttp
from yarl import URL

from service.attempt.answer import Answer, Answered, Failed
from service.attempt.egress import RefusedAddressError, connector
from service.endpoints.addresses import Network

CONNECT = 5.0
"""Seconds to connect."""
WHOLE = 15.0
"""Seconds for the whole attempt."""
MOST_BODY = 64 * 1024
"""Bytes of an answer that are read, decoded; a longer one is cut off by closing the connection."""

_ERRORS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "timeout"),
    (RefusedAddressError, "refused_address"),
    (ssl.SSLError, "tls"),
    (aiohttp.ClientSSLError, "tls"),
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.ServerDisconnectedError, "disconnected"),
    (aiohttp.ClientPayloadError, "bad_body"),
    (aiohttp.ClientResponseError, "bad_answer"),
)


def session(allowed: Sequence[Network]) -> aiohttp.ClientSession:
    """Return a client for deliveries: guarded, without cookies, redirects, or proxies from the environment.

    Must be called inside a running loop; the caller closes it.
    """
    return aiohttp.ClientSession(
        connector=connector(allowed),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=WHOLE, sock_connect=CONNECT),
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
        trust_env=False,
    )


async def send(client: aiohttp.ClientSession, url: URL, headers: Mapping[str, str], body: bytes) -> Answer:
    """Send one delivery and return the answer, or why there was none. Never raises but when cancelled."""
    try:
        async with client.post(url, data=body, headers=headers, allow_redirects=False) as response:
            if not await _drained(response):
                response.close()
            return Answered(response.status, response.headers.get("retry-after"))
    except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError) as error:
        return Failed(_word(error))


async def _drained(response: aiohttp.ClientResponse) -> bool:
    """Read the answer, so that its connection can be used again; return False where it is too long."""
    left = MOST_BODY
    while left > 0:
        chunk = await response.content.read(left)
        if not chunk:
            return True
        left -= len(chunk)
    return False


def _word(error: BaseException) -> str:
    causes = [error, error.__cause__, getattr(error, "os_error", None)]
    for kind, word in _ERRORS:
        if any(isinstance(cause, kind) for cause in causes):
            return word
    return "network"
