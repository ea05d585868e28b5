"""A stand-in for Twilio's API that knows nothing: it writes down each request to the byte, and answers as it is told.

It speaks HTTP by hand over a real socket, so that it can also do what no server library would: drip, stop half way,
hang up on a connection that was kept.
"""

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.eventually import eventually


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: `target` is path and query as they were sent; names of headers in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body, read."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer: JSON unless `raw`.

    `drip` seconds pass between any two bytes, `cut` leaves out the last bytes that were promised, `silent` hangs up
    without an answer, and `then_hang_up` does after it, without having said so.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    drip: float = 0.0
    cut: int = 0
    silent: bool = False
    then_hang_up: bool = False

    def written(self) -> bytes:
        """Return the answer as bytes."""
        content = self.raw if self.raw is not None else json.dumps(self.body).encode() if self.body is not None else b""
        headers = {"content-type": "application/json", "content-length": str(len(content)), **self.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} Said\r\n{head}\r\n".encode() + content[: len(content) - self.cut]


@dataclass
class ScriptedTwilio:
    """`replies` are the next answers, whatever is asked; after them it answers 200 `{}`. `connections` were made."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    connections: int = 0
    hang_ups: int = 0

    def says(self, *replies: Reply) -> "ScriptedTwilio":
        """Take the next answers, and return the stand-in."""
        self.replies.extend(replies)
        return self

    def answers(self, *bodies: Any) -> "ScriptedTwilio":  # noqa: ANN401 - any JSON
        """Answer 200 with each of these bodies in turn, and return the stand-in."""
        return self.says(*(Reply(body=body) for body in bodies))

    def wait_for_hang_ups(self, number: int) -> None:
        """Return when so many connections have been closed by us. Raises AssertionError when that takes too long."""
        eventually(lambda: self.hang_ups >= number)

    @property
    def calls(self) -> list[tuple[str, str]]:
        """Method and target of each request."""
        return [(request.method, request.target) for request in self.asked]


class _Connection(socketserver.StreamRequestHandler):
    twilio: ScriptedTwilio

    def handle(self) -> None:
        self.twilio.connections += 1
        while (request := self._read()) is not None:
            self.twilio.asked.append(request)
            reply = self.twilio.replies.pop(0) if self.twilio.replies else Reply(body={})
            if reply.silent:
                return
            try:
                self._write(reply)
            except OSError:
                return
            if reply.then_hang_up or reply.cut:
                return

    def finish(self) -> None:
        super().finish()
        self.connection.close()
        self.twilio.hang_ups += 1

    def _read(self) -> Asked | None:
        try:
            first = self.rfile.readline().decode().split()
            if not first:
                return None
            lines = iter(self.rfile.readline, b"\r\n")
            pairs = (line.decode("latin-1").strip().partition(": ") for line in lines)
            headers = {name.lower(): value for name, _, value in pairs}
            return Asked(first[0], first[1], headers, self.rfile.read(int(headers.get("content-length", 0))))
        except OSError:
            return None

    def _write(self, reply: Reply) -> None:
        written = reply.written()
        if not reply.drip:
            self.wfile.write(written)
            return
        for at in range(len(written)):
            self.wfile.write(written[at : at + 1])
            time.sleep(reply.drip)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def scripted_twilio() -> Iterator[ScriptedTwilio]:
    """Run one until the block ends."""
    twilio = ScriptedTwilio()
    handler = type("Connection", (_Connection,), {"twilio": twilio})
    with _Server(("127.0.0.1", 0), handler) as server:
        twilio.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield twilio
        finally:
            server.shutdown()
            thread.join(timeout=5)
