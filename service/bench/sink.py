"""The subscribers, all in one: `python -m service.bench.sink FD` counts what arrives at `/sink/<name>`.

An event is known by the mark that its name carries. GET /count says how many distinct (path, event) pairs have come,
GET /arrivals gives every arrival, in their order.
"""

import asyncio
import re
import time

import msgspec

from service.bench.callbacks import MARK
from service.bench.samples import Arrival
from service.bench.subscriber import TAKEN, serve, told

_MARK = re.compile(MARK.encode() + rb"(\d+)")


class Sink:
    """Takes what comes."""

    def __init__(self) -> None:
        self._arrivals: list[tuple[bytes, int, float]] = []
        self._distinct: set[tuple[bytes, int]] = set()

    def __call__(self, method: bytes, path: bytes, body: bytes, answer: asyncio.Transport, /) -> None:
        """Answer one request."""
        if method == b"GET":
            answer.write(told(self._told(path)))
            return
        found = _MARK.search(body)
        if found:
            number = int(found[1])
            self._arrivals.append((path, number, time.time()))
            self._distinct.add((path, number))
        answer.write(TAKEN)

    def _told(self, path: bytes) -> bytes:
        if path == b"/arrivals":
            return msgspec.json.encode([Arrival(path.decode(), number, at) for path, number, at in self._arrivals])
        return msgspec.json.encode(len(self._distinct))


if __name__ == "__main__":
    serve(Sink)
