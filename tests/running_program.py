"""A command of the service as a program of its own: what it prints, what it logs, how it ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.eventually import eventually

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 30.0
"""Seconds that anything may take; on a busy machine a start alone takes several."""


class Program:
    """A running command, in a folder of its own."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.process, self.folder = process, folder
        self._printed, self._said = folder / "stdout", folder / "stderr"

    @property
    def printed(self) -> list[str]:
        """The lines of standard output."""
        return self._printed.read_text().splitlines()

    @property
    def said(self) -> str:
        """Standard error."""
        return self._said.read_text()

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return the log lines of an event."""
        whole = [json.loads(line) for line in self.said.splitlines() if line.startswith("{") and line.endswith("}")]
        return [line for line in whole if line["event"] == event]

    def pid(self, name: str) -> int:
        """Return the newest process id of a program that `up` has started."""
        found: int = [line["pid"] for line in self.logged("process.started") if line["name"] == name][-1]
        return found

    def until_printed(self, text: str, after: int = 0) -> list[str]:
        """Return the lines printed from line `after` on, once one of them holds a text."""

        def found() -> list[str]:
            lines = self.printed[after:]
            return lines if any(text in line for line in lines) else []

        return eventually(found, SECONDS)

    def urls(self) -> tuple[str, str]:
        """Return the URLs of receiver and admin, once `up` is ready."""
        line = eventually(lambda: self._ready_line() or self.process.poll() is not None, SECONDS)
        assert isinstance(line, str), self.said
        receiver, admin = (part.partition("=")[2] for part in line.split()[1:])
        return receiver, admin

    def _ready_line(self) -> str | None:
        return next((line for line in self.printed if line.startswith("ready ")), None)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(how)
        return self.process.wait(SECONDS)


@contextmanager
def running(*arguments: str, folder: Path, **environment: str) -> Iterator[Program]:
    """Run a command until the block ends, with nothing in its environment but what is given."""
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LOG_FORMAT": "json", **environment}
    with (folder / "stdout").open("wb") as printed, (folder / "stderr").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", *arguments], cwd=folder, env=given, stdout=printed, stderr=said
        )
    program = Program(process, folder)
    try:
        yield program
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(SECONDS)
        finally:
            process.kill()
            process.wait()


def finished(*arguments: str, folder: Path, **environment: str) -> Program:
    """Run a command to its end."""
    with running(*arguments, folder=folder, **environment) as program:
        program.process.wait(SECONDS)
    return program


def listening(program: Program) -> str:
    """Return the URL of a server, once it serves."""
    lines = eventually(lambda: program.logged("server.listening") or program.process.poll() is not None, SECONDS)
    assert isinstance(lines, list), program.said
    url = str(lines[0]["url"])
    eventually(lambda: status_of(f"{url}/livez") == httpx.codes.OK, SECONDS)
    return url


def status_of(url: str) -> int | None:
    """Return the status that a URL answers with, None where nobody does."""
    try:
        return httpx.get(url, trust_env=False).status_code
    except httpx.HTTPError:
        return None
