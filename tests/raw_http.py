"""HTTP as it stands on the wire: a caller that sends what it is given, and a server that writes down what it gets.

Clients tidy a request up before they send it, and servers before they show it; where each byte counts, these do not.
"""

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

PATIENCE = 20.0
"""Seconds for one exchange."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """A request as it arrived: its first line, its headers (names in lower case), its body."""

    line: bytes
    headers: Mapping[str, str]
    body: bytes


def written(method: str, target: str, headers: Mapping[str, str], body: bytes = b"", version: str = "1.1") -> bytes:
    """Return a request with just these headers, besides Host and the body's length."""
    lines = [f"{method} {target} HTTP/{version}", "Host: hooks.example.com", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join((*lines, "", "")).encode() + body


def exchange(port: int, request: bytes) -> Answer:
    """Send bytes to a port of the loopback, and return the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as caller:
        caller.sendall(request)
        return read_answer(caller)


def read_answer(caller: socket.socket) -> Answer:
    """Return the answer that comes on a connection; one of 100 Continue is passed over."""
    with closing(http.client.HTTPResponse(caller)) as found:
        found.begin()
        named = {name.lower(): value for name, value in found.getheaders()}
        return Answer(found.status, named, found.read())


class Recorder:
    """A server that answers 204 to everything; `taken` holds what it got, in order."""

    def __init__(self, listener: socket.socket) -> None:
        self.taken: list[Taken] = []
        self.port = int(listener.getsockname()[1])
        self._listener = listener

    def run(self) -> None:
        """Answer one connection after the other until the listener is closed."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                line = stream.readline().rstrip(b"\r\n")
                headers = {name.lower(): value for name, value in http.client.parse_headers(stream).items()}
                self.taken.append(Taken(line, headers, stream.read(int(headers.get("content-length", 0)))))
                connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")


@contextmanager
def recording() -> Iterator[Recorder]:
    """Run one on a free port of the loopback until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        recorder = Recorder(listener)
        thread = threading.Thread(target=recorder.run, name="recorder", daemon=True)
        thread.start()
        try:
            yield recorder
        finally:
            # Closing alone would not wake the thread that waits in accept.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=PATIENCE)
