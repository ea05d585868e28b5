"""Subscribers in a process of their own that fail as often as they are told; each delivery is written down.

Run as a program it takes the descriptor of a listening socket, the file to write to, and the folder of what it is
told. A subscriber is known by its path.
"""

import asyncio
import random
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import Receive, Scope, Send

ANSWERS_IN = 0.003
"""Seconds until an answer: there is always something in flight."""
LOOKS_EVERY = 0.05
"""Seconds between looks at what is told."""
_CONVERSATION = re.compile(rb'"conversation_id":"([^"]*)"')
_SEQUENCE = re.compile(rb'"sequence":(\d+)')
_MARK = re.compile(rb'"Text (\d+)"')


@dataclass(frozen=True, slots=True)
class Arrival:
    """One delivery: when it was answered (`time.monotonic`), to whom it came and how it was answered, what it said.

    `crowd` is how many were under way at its subscriber, `mark` the number in its text (see `callback_series`).
    """

    at: float
    subscriber: str
    status: int
    crowd: int
    event_id: str
    attempt: int
    previous: int
    conversation_id: str
    sequence: int
    mark: int

    @property
    def taken(self) -> bool:
        """Whether it was answered with success."""
        return self.status == 200


class Subscribers:
    """What has arrived so far, and who fails."""

    def __init__(self, url: str, record: Path, moods: Path) -> None:
        self.url = url
        self._record, self._moods, self._read = record, moods, 0
        self._arrivals: list[Arrival] = []

    def fails(self, subscriber: str, share: float) -> None:
        """Let a subscriber answer such a share of all deliveries with 500, from soon on."""
        written = self._moods / f"{subscriber}.new"
        written.write_text(str(share), encoding="ascii")
        written.rename(self._moods / subscriber)

    def arrivals(self) -> list[Arrival]:
        """Return all arrivals, in their order."""
        with self._record.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text.rfind(b"\n") + 1
        self._read += whole
        self._arrivals += map(_arrival, text[:whole].decode().splitlines())
        return list(self._arrivals)

    def at(self, subscriber: str) -> list[Arrival]:
        """Return what came to one of them."""
        return [arrival for arrival in self.arrivals() if arrival.subscriber == subscriber]


def _arrival(line: str) -> Arrival:
    at, subscriber, status, crowd, event_id, attempt, previous, conversation, sequence, mark = line.split(" ")
    numbers = (int(attempt), int(previous), conversation, int(sequence), int(mark))
    return Arrival(float(at), subscriber, int(status), int(crowd), event_id, *numbers)


@contextmanager
def unreliable_subscribers(folder: Path) -> Iterator[Subscribers]:
    """Run them until the block ends; any path is a subscriber, and none fails before it is told to."""
    record, moods = folder / "unreliable", folder / "moods"
    record.touch()
    moods.mkdir()
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        descriptor = listener.fileno()
        command = [sys.executable, __file__, str(descriptor), str(record), str(moods)]
        process = subprocess.Popen(command, pass_fds=(descriptor,))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield Subscribers(url, record, moods)
    finally:
        process.kill()
        process.wait()


class Moods:
    """Who fails how often, as it was last told."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._looked = folder, 0.0
        self._shares: dict[str, float] = {}

    def fails(self, subscriber: str) -> bool:
        """Return whether a subscriber fails this time."""
        if time.monotonic() - self._looked > LOOKS_EVERY:
            self._looked = time.monotonic()
            told = (each for each in self._folder.iterdir() if each.suffix != ".new")
            self._shares = {each.name: float(each.read_text(encoding="ascii")) for each in told}
        return random.random() < self._shares.get(subscriber, 0.0)  # noqa: S311 - bad luck, not a secret


def main() -> None:
    """Be the subscribers."""
    listener, moods = socket.socket(fileno=int(sys.argv[1])), Moods(Path(sys.argv[3]))
    under_way: Counter[str] = Counter()
    with Path(sys.argv[2]).open("a", buffering=1, encoding="ascii") as record:

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            body, more = b"", True
            while more:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
            subscriber = scope["path"].strip("/")
            under_way[subscriber] += 1
            crowd = under_way[subscriber]
            await asyncio.sleep(ANSWERS_IN)
            status = 500 if moods.fails(subscriber) else 200
            record.write(f"{time.monotonic():.6f} {subscriber} {status} {crowd} {_told(scope, body)}\n")
            under_way[subscriber] -= 1
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

        config = uvicorn.Config(app, lifespan="off", log_level="critical", timeout_keep_alive=75)
        uvicorn.Server(config).run(sockets=[listener])


def _told(scope: Scope, body: bytes) -> str:
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    found = [pattern.search(body) for pattern in (_CONVERSATION, _SEQUENCE, _MARK)]
    said = [each[1].decode() if each else "-1" for each in found]
    named = [headers["webhook-id"], headers["webhook-attempt"], headers.get("webhook-previous-sequence", "-1")]
    return " ".join([*named, *said])


if __name__ == "__main__":
    main()
