"""One program that is kept running: started, restarted when it dies, stopped when asked."""

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import structlog

from service.processes.backoff import pause_after
from service.processes.parent import SUPERVISED

log = structlog.get_logger()

PATIENCE = 20.0
"""Seconds between SIGTERM and SIGKILL."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: a name for the log, the command line, the environment, and the descriptors that it inherits."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    descriptors: tuple[int, ...] = ()


class Process:
    """Keeps a program running from `start` to `stop`."""

    def __init__(self, program: Program, *, patience: float = PATIENCE) -> None:
        """`patience` is the seconds that the program has for stopping before it is killed."""
        self.program = program
        self._patience = patience
        self._stopping = asyncio.Event()
        self._current: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self.deaths = 0
        """Times that it ended without having been asked to."""

    @property
    def pid(self) -> int | None:
        """The process id while it runs, else None."""
        current = self._current
        return current.pid if current is not None and current.returncode is None else None

    def start(self) -> None:
        """Start the program; from now on it is restarted when it ends."""
        self._task = asyncio.create_task(self._keep_running(), name=self.program.name)

    async def stop(self) -> None:
        """Ask the program to end, kill it when its patience is over, and return when it is gone."""
        self._stopping.set()
        if self._task is None:
            return
        self._ask()
        _, late = await asyncio.wait({self._task}, timeout=self._patience)
        if late:
            log.warning("process.killed", name=self.program.name, after=self._patience)
            self.kill()
        await asyncio.wait({self._task})

    def kill(self) -> None:
        """Kill the program and what it started."""
        if self.pid is not None:
            _signal_group(self.pid, signal.SIGKILL)

    async def _keep_running(self) -> None:
        loop = asyncio.get_running_loop()
        pause: float | None = None
        while not self._stopping.is_set():
            began = loop.time()
            status = await self._run_once()
            if self._stopping.is_set():
                log.info("process.stopped", name=self.program.name, status=status)
                return
            self.deaths += 1
            pause = pause_after(pause, loop.time() - began)
            log.warning("process.died", name=self.program.name, status=status, restart_in=pause)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _run_once(self) -> int | str:
        """Return the exit status (negative: the signal that ended it), or why it could not be started."""
        with _line_of_life() as standard_input:
            try:
                self._current = await _spawn(self.program, standard_input)
            except OSError as error:
                return error.strerror or type(error).__name__
            log.info("process.started", name=self.program.name, pid=self._current.pid)
            if self._stopping.is_set():
                self._ask()
            status = await self._current.wait()
        # What the program itself had started must not go on beside its successor.
        _signal_group(self._current.pid, signal.SIGTERM)
        return status

    def _ask(self) -> None:
        if self._current is not None:
            with suppress(ProcessLookupError):
                self._current.terminate()


@contextmanager
def _line_of_life() -> Iterator[int]:
    """Yield what a program reads to notice our death: the other end closes then, even by SIGKILL."""
    theirs, ours = os.pipe()
    try:
        yield theirs
    finally:
        os.close(theirs)
        os.close(ours)


async def _spawn(program: Program, standard_input: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *program.argv,
        stdin=standard_input,
        env={**program.env, SUPERVISED: "1"},
        pass_fds=program.descriptors,
        # A terminal sends Ctrl-C to the whole group: only we may hear it, since we stop the programs in order.
        start_new_session=True,
    )


async def stop_in_order(groups: Sequence[Sequence[Process]]) -> None:
    """Stop group after group; the processes of one group at the same time."""
    for group in groups:
        await asyncio.gather(*(process.stop() for process in group))


def _signal_group(pid: int, what: signal.Signals) -> None:
    # macOS answers EPERM where only zombies are left.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, what)
