"""Subscribers in a process of their own: each delivery is written down as it arrives, then answered with 200.

Run as a program it takes the descriptor of a listening socket, the file to write to, and the seconds that an answer
takes: there is always something in flight. A subscriber is known by its path.
"""

import asyncio
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import Receive, Scope, Send

QUICK = 0.01
"""Seconds until an answer; a relay's 8 slots are then seldom all taken."""
_MARK = re.compile(rb'"Text (\d+)"')
_SEQUENCE = re.compile(rb'"sequence":(\d+)')


@dataclass(frozen=True, slots=True)
class Arrival:
    """One delivery: when it came (`time.monotonic`), to whom, its headers, and what its body says.

    `mark` is the number in the text (see `callback_series`), `previous` the header `webhook-previous-sequence`.
    """

    at: float
    subscriber: str
    event_id: str
    attempt: int
    previous: int
    sequence: int
    mark: int


class Subscribers:
    """What has arrived so far."""

    def __init__(self, url: str, record: Path) -> None:
        self.url = url
        self._record, self._read = record, 0
        self._arrivals: list[Arrival] = []

    def arrivals(self) -> list[Arrival]:
        """Return all arrivals, in their order."""
        with self._record.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text.rfind(b"\n") + 1
        self._read += whole
        self._arrivals += map(_arrival, text[:whole].decode().splitlines())
        return list(self._arrivals)


def _arrival(line: str) -> Arrival:
    at, subscriber, event_id, *numbers = line.split(" ")
    attempt, previous, sequence, mark = map(int, numbers)
    return Arrival(float(at), subscriber, event_id, attempt, previous, sequence, mark)


@contextmanager
def recording_subscribers(folder: Path, answers_in: float = QUICK) -> Iterator[Subscribers]:
    """Run them until the block ends; any path is a subscriber. Answers take `answers_in` seconds."""
    record = folder / "arrivals"
    record.touch()
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        descriptor = listener.fileno()
        command = [sys.executable, __file__, str(descriptor), str(record), str(answers_in)]
        process = subprocess.Popen(command, pass_fds=(descriptor,))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield Subscribers(url, record)
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Be the subscribers."""
    listener, answers_in = socket.socket(fileno=int(sys.argv[1])), float(sys.argv[3])
    with Path(sys.argv[2]).open("a", buffering=1, encoding="ascii") as record:

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            body, more = b"", True
            while more:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
            record.write(_line(scope, body))
            await asyncio.sleep(answers_in)
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

        config = uvicorn.Config(app, lifespan="off", log_level="critical", timeout_keep_alive=75)
        uvicorn.Server(config).run(sockets=[listener])


def _line(scope: Scope, body: bytes) -> str:
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    mark, sequence = _MARK.search(body), _SEQUENCE.search(body)
    told = [headers["webhook-id"], headers["webhook-attempt"], headers.get("webhook-previous-sequence", "-1")]
    numbers = [found[1].decode() if found else "-1" for found in (sequence, mark)]
    return " ".join([f"{time.monotonic():.6f}", scope["path"].strip("/"), *told, *numbers]) + "\n"


if __name__ == "__main__":
    main()
