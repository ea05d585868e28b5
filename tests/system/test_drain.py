"""How a receiver ends when it is asked to: politely, with all that is under way, and within a bound."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.raw_http import read_answer, written
from tests.receivers_behind import environment
from tests.running_program import SECONDS, Program, listening, running
from tests.twilio_callbacks import communication
from tests.twilio_signer import json_request

BOUND = 20.0
"""Seconds that the end may take after the drain: what `up`, and whoever runs containers, counts on."""


class Ending:
    """A receiver of its own, and where it listens."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.port = int(listening(program).rpartition(":")[2])

    def connection(self) -> socket.socket:
        """Return a new connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def until_draining(self) -> None:
        """Ask it to end, and return when it has heard that."""
        self.program.process.send_signal(signal.SIGTERM)
        eventually(lambda: self.program.logged("server.draining"), SECONDS)

    def until_deaf(self) -> None:
        """Ask it to end, and return when it takes no connection any more."""
        self.program.process.send_signal(signal.SIGTERM)
        eventually(self._refuses, SECONDS)

    def _refuses(self) -> bool:
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", self.port)) != 0


@pytest.fixture
def ending(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str) -> Iterator[Ending]:
    """Run a receiver whose drain takes as many seconds as the test's parameter says."""
    options = ("--port", "0", "--drain-seconds", str(request.param))
    with running("receiver", *options, folder=tmp_path, **environment(redis_url)) as program:
        yield Ending(program)


def callback(number: int) -> bytes:
    """Return a signed callback."""
    return json_request("/twilio/orchestrator", "", communication(number))


def answered(caller: socket.socket, request: bytes) -> tuple[int, str | None]:
    """Send a request; return the status, and what the answer says of the connection."""
    caller.sendall(request)
    answer = read_answer(caller)
    return answer.status, answer.headers.get("connection")


@pytest.mark.parametrize("ending", [3], indirect=True)
def test_connections_end_with_their_next_answer(ending: Ending) -> None:
    """While it drains it serves old and new connections, and each answer asks the caller to connect anew."""
    with ending.connection() as old, ending.connection() as new:
        before = answered(old, callback(1))
        ending.until_draining()
        after = [answered(old, callback(2)), answered(new, callback(3))]
        with ending.connection() as newest:
            ready = answered(newest, written("GET", "/readyz", {}))
        ended = old.recv(1)

    assert ((204, None), [(204, "close")] * 2, (503, "close"), b"") == (before, after, ready, ended)
    assert 0 == ending.program.process.wait(BOUND)


@pytest.mark.parametrize("ending", [0], indirect=True)
@pytest.mark.parametrize("sent", [0, 20, -1])
def test_what_was_under_way_is_answered(sent: int, ending: Ending) -> None:
    """A connection that was taken before the end is served, whether it had sent nothing yet, some, or nearly all."""
    request = callback(4)
    with ending.connection() as caller:
        caller.sendall(request[:sent])
        ending.until_deaf()
        actual = answered(caller, request[sent:])
        status = ending.program.process.wait(BOUND)

    assert ((204, "close"), 0) == (actual, status)


@pytest.mark.parametrize("ending", [0], indirect=True)
def test_nobody_keeps_it_from_ending(ending: Ending) -> None:
    """Idle connections are closed, and a caller that never sends its body does not hold it up for ever."""
    with ending.connection() as idle, ending.connection() as stalled:
        answered(idle, callback(5))
        stalled.sendall(callback(6)[:-1])
        ending.until_deaf()
        status = ending.program.process.wait(BOUND)
        actual = idle.recv(1)

    assert (0, b"") == (status, actual)
