"""Conversations v2, as much of it as a close asks for: `python -m service.bench.twilio FD CONVERSATIONS`.

It answers at once, so that what is measured is ours. A conversation is closed by its first PATCH, which counts as its
arrival; GET /count and GET /arrivals tell as the subscribers do.
"""

import asyncio
import sys
import time
from functools import partial

import msgspec

from service.bench.callbacks import conversation
from service.bench.samples import Arrival
from service.bench.subscriber import serve, told

PATH = "/v2"
_PREFIX = b"/v2/Conversations/"


class Twilio:
    """Takes what comes; `conversations` is how many there are."""

    def __init__(self, conversations: int) -> None:
        self._numbers = {conversation(number).encode(): number for number in range(conversations)}
        self._arrivals: list[Arrival] = []
        self._closed: set[bytes] = set()

    def __call__(self, method: bytes, path: bytes, _: bytes, answer: asyncio.Transport, /) -> None:
        """Answer one request."""
        if not path.startswith(_PREFIX):
            answer.write(told(msgspec.json.encode(self._arrivals if path == b"/arrivals" else len(self._closed))))
            return
        found, _, rest = path.removeprefix(_PREFIX).partition(b"/")
        if rest:
            answer.write(told(b'{"communications":[],"meta":{"nextToken":null}}'))
            return
        if method == b"PATCH":
            self._arrivals.append(Arrival("closed", self._numbers[found], time.time()))
            self._closed.add(found)
        status = "CLOSED" if found in self._closed else "INACTIVE"
        answer.write(told(msgspec.json.encode({"id": found.decode(), "status": status})))


if __name__ == "__main__":
    serve(partial(Twilio, int(sys.argv[2])))
