"""A stage: what one measurement has running, in a temporary folder of its own. Nothing of it outlives the block."""

import asyncio
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import httpx

from service.bench.process import FailedError, Interruption, Running, Watch
from service.embedded import binary, server
from service.embedded.lock import lock
from service.processes.listening import listen, url
from service.processes.process import Program

T = TypeVar("T")

START_PATIENCE = 60.0
"""Seconds that a process has for its start."""
_ANSWER_TIMEOUT = 2.0


class Stage:
    """Starts processes and waits for them; `folder` holds their logs and data."""

    def __init__(self, stack: ExitStack, folder: Path, interruption: Interruption) -> None:
        """`stack` stops what is started here, last first."""
        self.folder = folder
        self._stack, self._watch = stack, Watch(interruption)
        self._running: list[Running] = []

    def start(self, program: Program) -> Running:
        """Start a program that has to run for as long as the stage."""
        running = self._begin(program)
        self._running.append(running)
        return running

    def start_with_socket(self, make: Callable[[int], Program], ready: str) -> str:
        """Start the program that serves a free port, by the socket's descriptor; return its URL once it answers.

        `ready` is the path that it answers with anything below 500 when it is ready.
        """
        with listen("127.0.0.1", 0) as opened:
            where = url(opened)
            program = make(opened.fileno())
            self.start(program)
        self.until(lambda: _answers(where + ready), f"{program.name} answers")
        return where

    def line(self, running: Running, pattern: str) -> re.Match[str]:
        """Return the first match of a pattern in what a program has written, waiting for it."""
        return self.until(lambda: re.search(pattern, running.output(), re.MULTILINE), f"{running.name} is ready")

    def start_redis(self, env: Mapping[str, str]) -> Path:
        """Start a Redis with the settings of the embedded one, and return the path of its socket.

        Raises NoServerError and ServerFailedError.
        """
        where = server.place(self.folder, self.folder / "redis.sock")
        server.prepare(where)
        descriptor = lock(where.lock)
        try:
            running = self.start(server.program(binary.find(where.data).path, where, descriptor, env))
        finally:
            os.close(descriptor)
        asyncio.run(server.until_serving(where, lambda: running.status is not None))
        return where.socket

    def finish(self, program: Program, patience: float) -> str:
        """Run a program to its end and return what it has written. Raises FailedError, also for a status but 0."""
        running = self._begin(program)
        status = self.until(lambda: running.status, f"{program.name} ends", patience)
        if status:
            others = (each.last_lines(5) for each in self._running)
            raise FailedError(
                "\n".join([f"{program.name} ended with status {status}", running.last_lines(30), *others])
            )
        return running.output()

    def until(self, condition: Callable[[], T | None], what: str, patience: float = START_PATIENCE) -> T:
        """Return the condition's first value that is not None; `what` says in a message what is waited for.

        Raises FailedError when `patience` seconds are over or a program of the stage has ended, and KeyboardInterrupt.
        """
        return self._watch.until(condition, self._running, patience, what)

    def _begin(self, program: Program) -> Running:
        running = Running(program, self.folder / f"{program.name}.log")
        self._stack.callback(running.stop)
        return running


@contextmanager
def stage(interruption: Interruption) -> Iterator[Stage]:
    """Open a stage; when the block ends, what it started is stopped and its folder is gone."""
    with ExitStack() as stack:
        # Redis keeps its data there: TMPDIR chooses the disk that is measured.
        folder = stack.enter_context(TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True))
        yield Stage(stack, Path(folder), interruption)


def _answers(where: str) -> bool | None:
    try:
        # Proxies from the environment are for the world outside, not for this machine.
        answer = httpx.get(where, trust_env=False, timeout=_ANSWER_TIMEOUT)
    except httpx.HTTPError:
        return None
    return None if answer.is_server_error else True
