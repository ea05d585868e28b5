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
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - we are in a coroutine
    # asyncio.timeout by hand, at a quarter of its price: this is paid for every request, and nearly never needed.
    given_up: list[bool] = []
    late = loop.call_later(SLOWEST_BODY, _give_up, task, given_up)
    try:
        return await _chunks(receive, limit)
    except asyncio.CancelledError:
        if not given_up or task.uncancel():
            raise
        raise IncompleteError from None
    finally:
        late.cancel()


def _give_up(task: asyncio.Task[object], given_up: list[bool]) -> None:
    given_up.append(True)
    task.cancel()


async def _chunks(receive: Receive, limit: int) -> bytes:
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise IncompleteError
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise TooLargeError
        if not message.get("more_body"):
            return b"".join(chunks)
