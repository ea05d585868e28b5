"""Two receivers behind the real nginx, programs on one Redis: drained, killed, started again. An admin counts."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from tests.eventually import eventually
from tests.nginx_front import Front, running_front
from tests.running_program import SECONDS, Program, listening, running, status_of
from tests.twilio_callbacks import ACCOUNT, PUBLIC_URL
from tests.twilio_signer import TOKENS

ADMIN_TOKEN = "the admin token of the tests"
DRAIN = 1.0
"""Seconds that a receiver goes on taking requests after SIGTERM, unless a test says otherwise."""


def environment(redis_url: str) -> dict[str, str]:
    """Return the environment of a process that has all it needs, and accepts every recorded request."""
    return {
        "REDIS_URL": redis_url,
        "PUBLIC_URLS": PUBLIC_URL,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKENS": TOKENS,
        # Recorded callbacks grow old; the log of these tests must not.
        "EVENT_RETENTION": "36500d",
        "ADMIN_TOKEN": ADMIN_TOKEN,
        "SECRET_KEY": "the secret key of the tests",
    }


class Receivers:
    """Two receivers on ports that they keep. What is started is gone when the stack is."""

    def __init__(self, redis_url: str, stack: ExitStack, drain: float) -> None:
        self._stack, self._drain = stack, drain
        self._folder = Path(stack.enter_context(TemporaryDirectory(prefix="ce-")))
        self._starts = 0
        self._environment = environment(redis_url)
        started = [self._start("receiver", 0), self._start("receiver", 0)]
        self._admin = listening(self._start("admin", 0))
        self.programs = started
        self.ports = [int(listening(program).rpartition(":")[2]) for program in started]
        # Before each is asked to end in good order, one after the other.
        stack.callback(self._kill_both)

    def _start(self, role: str, port: int) -> Program:
        self._starts += 1
        folder = self._folder / f"{self._starts}-{role}"
        folder.mkdir()
        options = ("--port", str(port), *(("--drain-seconds", str(self._drain)) if role == "receiver" else ()))
        return self._stack.enter_context(running(role, *options, folder=folder, **self._environment))

    def _kill_both(self) -> None:
        self.kill(0)
        self.kill(1)

    def start(self, number: int) -> None:
        """Start a receiver that has ended, on its old port, and wait until it is ready."""
        self.programs[number] = self._start("receiver", self.ports[number])
        eventually(lambda: self.ready(number), SECONDS)

    def ready(self, number: int) -> bool:
        """Return whether a receiver says that it is ready."""
        return status_of(f"http://127.0.0.1:{self.ports[number]}/readyz") == httpx.codes.OK

    def restart(self, number: int) -> int:
        """Drain a receiver, start it again, and return the status with which it ended."""
        status = self.programs[number].end()
        self.start(number)
        return status

    def kill(self, number: int) -> None:
        """End a receiver as the kernel does when memory is short."""
        self.programs[number].end(signal.SIGKILL)

    def stats(self) -> dict[str, Any]:
        """Return what the admin process counts."""
        return self._ask("/api/stats")

    def event_ids(self) -> list[str]:
        """Return the ids of all events in the log."""
        found: list[str] = []
        page: dict[str, Any] = {"next": ""}
        while page["next"] is not None:
            after = f"&after={page['next']}" if page["next"] else ""
            page = self._ask(f"/api/events?limit=100{after}")
            found += [event["id"] for event in page["events"]]
        return found

    def _ask(self, path: str) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {ADMIN_TOKEN}"}
        answer = httpx.get(self._admin + path, headers=headers, trust_env=False, timeout=SECONDS)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found


@dataclass(frozen=True, slots=True)
class Behind:
    """The receivers, and the nginx before them."""

    front: Front
    receivers: Receivers


@contextmanager
def receivers_behind(redis_url: str, drain: float = DRAIN) -> Iterator[Behind]:
    """Run all of it until the block ends."""
    with ExitStack() as stack:
        receivers = Receivers(redis_url, stack, drain)
        front = stack.enter_context(running_front(receivers.ports))
        yield Behind(front, receivers)
