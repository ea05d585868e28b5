"""Subscribers over raw connections, as cheap as they can be: they share the cores with what is measured.

Law of the room: it understands the requests that clients of webhooks send, with a length or without a body, and
nothing more of HTTP.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable
from typing import Protocol, cast

import uvloop

from service.processes.parent import end_with_parent

TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Take(Protocol):
    """What is done with a request: write the answer now, later, or never."""

    def __call__(self, method: bytes, path: bytes, body: bytes, answer: asyncio.Transport, /) -> None:
        """Take one request; `answer` is the connection that it came over."""


def told(content: bytes) -> bytes:
    """Return an answer with this content."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(content),
        content,
    )


class Connection(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take every request that is whole."""
        self._buffer = self._buffer + data if self._buffer else data
        while (begin := self._buffer.find(_HEAD_END) + len(_HEAD_END)) >= len(_HEAD_END):
            end = begin + _content_length(self._buffer[:begin])
            if len(self._buffer) < end or self._transport is None:
                return
            method, path, _ = self._buffer.split(b" ", 2)
            body, self._buffer = self._buffer[begin:end], self._buffer[end:]
            self._take(method, path, body, self._transport)


def _content_length(head: bytes) -> int:
    lower = head.lower()
    begin = lower.find(_LENGTH)
    return int(lower[begin + len(_LENGTH) : lower.index(b"\r\n", begin)]) if begin >= 0 else 0


def serve(make: Callable[[], Take]) -> None:
    """Serve on the listening socket whose descriptor the command line holds, until SIGTERM or the parent's death."""
    opened = socket.socket(fileno=int(sys.argv[1]))
    end_with_parent()
    uvloop.run(_serve(make, opened))


async def _serve(make: Callable[[], Take], opened: socket.socket) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    take = make()
    server = await loop.create_server(lambda: Connection(take), sock=opened)
    await stop.wait()
    # Those who still hold a connection are not waited for.
    server.close()
