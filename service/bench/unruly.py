"""Subscribers that misbehave: `python -m service.bench.unruly FD` answers at `/slow`, `/dripping` and `/limited`.

The slow one answers after 14 s, the dripping one sends a byte a second and never ends; the third is as quick as any,
and is for an endpoint with a rate limit. GET /count says how many requests each has had, by its name. A dead one needs
no server: `refusing` holds a port at which every connection is refused.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from service.bench.subscriber import TAKEN, serve, told

SLOW = 14.0
"""Seconds: just within the 15 that a subscriber has."""
DRIP = 1.0
"""Seconds between two bytes."""
_DRIPPING = b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"


class Unruly:
    """Takes what comes, each path in its way."""

    def __init__(self) -> None:
        self._requests: Counter[str] = Counter()
        self._loop = asyncio.get_running_loop()

    def __call__(self, method: bytes, path: bytes, body: bytes, answer: asyncio.Transport, /) -> None:  # noqa: ARG002
        """Answer one request."""
        if method == b"GET":
            answer.write(told(msgspec.json.encode(self._requests)))
            return
        self._requests[path.decode().strip("/")] += 1
        if path == b"/slow":
            self._loop.call_later(SLOW, _write, answer, TAKEN)
        elif path == b"/dripping":
            answer.write(_DRIPPING)
            self._drip(answer)
        else:
            answer.write(TAKEN)

    def _drip(self, answer: asyncio.Transport) -> None:
        if not answer.is_closing():
            answer.write(b".")
            self._loop.call_later(DRIP, self._drip, answer)


def _write(answer: asyncio.Transport, content: bytes) -> None:
    if not answer.is_closing():
        answer.write(content)


@contextmanager
def refusing() -> Iterator[str]:
    """Yield a URL at which every connection is refused, and nobody else can begin to listen meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/dead"


if __name__ == "__main__":
    serve(Unruly)
