"""The subscribers, all in one: `python -m service.bench.sink FD` counts what arrives at `/sink/<name>`.

An event is known by the mark that its name carries. GET /count says how many distinct (path, event) pairs have come,
GET /arrivals gives every arrival, in their order.
"""

import re
import sys
import time

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from service.bench.callbacks import MARK
from service.bench.samples import Arrival
from service.cli.asgi import Address, Drain, run

_MARK = re.compile(MARK.encode() + rb"(\d+)")


class Sink:
    """The ASGI application. Bare, since its work is on the same cores as what is measured."""

    def __init__(self) -> None:
        self._arrivals: list[Arrival] = []
        self._distinct: set[tuple[str, int]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        body = await _read(receive)
        answer = self._told(scope["path"]) if scope["method"] == "GET" else self._note(scope["path"], body)
        headers = [(b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def _note(self, path: str, body: bytes) -> bytes:
        found = _MARK.search(body)
        if found:
            arrival = Arrival(path, int(found[1]), time.time())
            self._arrivals.append(arrival)
            self._distinct.add((path, arrival.event))
        return b""

    def _told(self, path: str) -> bytes:
        return msgspec.json.encode(self._arrivals if path == "/arrivals" else len(self._distinct))


async def _read(receive: Receive) -> bytes:
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


async def _live(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def _make() -> tuple[ASGIApp, Drain]:
    return Sink(), Drain()


if __name__ == "__main__":
    run(_make, Address("127.0.0.1", 0, int(sys.argv[1])))
