"""Reading a request's body: bounded in bytes while it arrives, and in time."""

import asyncio
from collections.abc import Mapping

from starlette.types import Receive

SLOWEST_BODY = 10.0
"""Seconds a sender may take for its body; Twilio itself gives up after 15."""


class TooLargeError(Exception):
    """The body is, or announces to be, larger than the limit."""


class IncompleteError(Exception):
    """The sender went away, or took longer than SLOWEST_BODY."""


def announced(headers: Mapping[bytes, bytes]) -> int:
    """Return the bytes that Content-Length announces, 0 where there is none or no number."""
    length = headers.get(b"content-length", b"")
    return int(length) if length.isdigit() else 0


async def read(receive: Receive, limit: int) -> bytes:
    """Return the whole body. Raises TooLargeError as soon as `limit` bytes are exceeded, and IncompleteError."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body") and len(body) <= limit:
        return body
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            return await _rest(message, receive, limit)
    except TimeoutError:
        raise IncompleteError from None


async def _rest(message: object, receive: Receive, limit: int) -> bytes:
    chunks, size = [], 0
    while True:
        assert isinstance(message, dict)  # noqa: S101 - what ASGI calls a message
        if message["type"] == "http.disconnect":
            raise IncompleteError
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise TooLargeError
        if not message.get("more_body"):
            return b"".join(chunks)
        message = await receive()
