"""Requests over raw connections: bytes out, a status back, each with its time.

Law of the room: as cheap as it can be, since it shares the cores with what it measures. It understands the answers
that servers of callbacks give, with a length or without a body, and nothing more of HTTP.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import cast
from urllib.parse import urlsplit

CUT = "cut"
"""Stands for the status where the connection ended instead."""
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Exchange:
    """The requests, which the connections take in turn, and what became of each.

    `sent` and `answered` hold seconds since 1970, by the number of the request; `answers` counts them by status.
    """

    def __init__(self, requests: Sequence[bytes], rate: float | None) -> None:
        """`rate` is in requests a second; None: as many as fit."""
        self._requests, self._interval = requests, 1 / rate if rate else 0.0
        self.sent, self.answered = [0.0] * len(requests), [0.0] * len(requests)
        self.answers: Counter[str] = Counter()
        self._next = 0
        self._began = 0.0

    def take(self) -> int | None:
        """Return the number of the next request, or None after the last."""
        number = self._next
        if number == len(self._requests):
            return None
        self._began = self._began or time.time()
        self._next += 1
        return number

    def due_in(self, number: int) -> float:
        """Return the seconds until a request is due; not more than 0 for one that may go at once."""
        return self._began + number * self._interval - time.time() if self._interval else 0.0

    def sending(self, number: int) -> bytes:
        """Note that a request leaves now, and return its bytes."""
        self.sent[number] = time.time()
        return self._requests[number]

    def note(self, number: int, status: str) -> None:
        """Note that a request has its answer."""
        self.answered[number] = time.time()
        self.answers[status] += 1


class _Connection(asyncio.Protocol):
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._number: int | None = None
        self._transport: asyncio.Transport | None = None
        self.finished: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._go_on(self._transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(_HEAD_END)
        if end < 0 or self._number is None or self._transport is None:
            return
        end += len(_HEAD_END)
        end += _content_length(self._buffer[:end].lower())
        if len(self._buffer) < end:
            return
        self._exchange.note(self._number, self._buffer[9:12].decode())
        self._buffer = self._buffer[end:]
        self._go_on(self._transport)

    def connection_lost(self, _: Exception | None) -> None:
        if self._number is not None:
            self._exchange.note(self._number, CUT)
        self._number = self._transport = None
        self.finished.set_result(None)

    def _go_on(self, transport: asyncio.Transport) -> None:
        self._number = self._exchange.take()
        if self._number is None:
            transport.close()
            return
        wait = self._exchange.due_in(self._number)
        if wait > 0:
            self._loop.call_later(wait, self._send)
        else:
            self._send()

    def _send(self) -> None:
        if self._transport is not None and self._number is not None:
            self._transport.write(self._exchange.sending(self._number))


def _content_length(head: bytes) -> int:
    _, found, rest = head.partition(_LENGTH)
    return int(rest.partition(b"\r\n")[0]) if found else 0


async def fire(exchange: Exchange, target: str, connections: int) -> None:
    """Send every request over so many connections, and return when all are answered or all connections have ended.

    Raises OSError where the target cannot be reached.
    """
    loop, to = asyncio.get_running_loop(), urlsplit(target)
    host, port = to.hostname or "", to.port or 80
    opened = [(await loop.create_connection(lambda: _Connection(exchange), host, port))[1] for _ in range(connections)]
    await asyncio.gather(*(connection.finished for connection in opened))
