"""Processes that a measurement starts: each with a log of its own, watched while we wait, and stopped by us.

Whatever was started is stopped. An interrupt is therefore only noted when it comes, and raised where we wait: never
between the start of a process and the note that it runs, and never while others are being stopped.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TypeVar

from service.processes.parent import SUPERVISED
from service.processes.process import Program

T = TypeVar("T")

STOP_PATIENCE = 40.0
"""Seconds between SIGTERM and SIGKILL; `up` stops its own processes in order meanwhile."""
_LOOK = 0.05
_TAIL_BYTES = 8192
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class FailedError(Exception):
    """A measurement could not be made; the message says why, with the last lines of the processes concerned."""


class Interruption:
    """Whether somebody has asked us to end."""

    def __init__(self) -> None:
        self.asked = False

    def note(self, _: int, __: FrameType | None) -> None:
        """Note it: a signal handler."""
        self.asked = True


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Note SIGINT, SIGTERM and SIGHUP until the block ends, instead of ending at once."""
    interruption = Interruption()
    before = {number: signal.signal(number, interruption.note) for number in _SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Running:
    """One process, from its start until it is stopped."""

    def __init__(self, program: Program, log: Path) -> None:
        """Start it, in the folder of its log."""
        self.name, self._log = program.name, log
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the project's own programs, and its measured peer
                program.argv,
                # Its line of life: our end closes with us, however we go (see `processes.parent`).
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
                env={**program.env, SUPERVISED: "1"},
                pass_fds=program.descriptors,
                # A terminal sends Ctrl-C to the whole group: only we may hear it.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """The exit status (negative: the signal that ended it), None while it runs."""
        return self._process.poll()

    def output(self) -> str:
        """Return what it has written so far, standard output and error together."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def last_lines(self, most: int) -> str:
        """Return the end of its output, each line indented and headed by its name."""
        with self._log.open("rb") as file:
            file.seek(max(0, self._log.stat().st_size - _TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()[-most:]
        return "\n".join([f"{self.name}:", *(f"  {line}" for line in lines or ["(nothing written)"])])

    def stop(self) -> None:
        """Ask it to end, kill it when its patience is over, and return when it is gone."""
        if self.status is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_PATIENCE)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


class Watch:
    """Waiting, with an eye on the processes that have to stay alive."""

    def __init__(self, interruption: Interruption) -> None:
        self._interruption = interruption

    def until(self, condition: Callable[[], T | None], alive: Sequence[Running], patience: float, what: str) -> T:
        """Return the condition's first value that is not None.

        Raises FailedError when a process that has to live has ended or `patience` seconds are over, and
        KeyboardInterrupt when we are asked to end. `what` says in a message what is waited for.
        """
        until = time.monotonic() + patience
        while (value := condition()) is None:
            if self._interruption.asked:
                raise KeyboardInterrupt
            for each in alive:
                if each.status is not None:
                    raise FailedError(f"{each.name} ended with status {each.status}\n{each.last_lines(30)}")
            if time.monotonic() > until:
                tails = "\n".join(each.last_lines(5) for each in alive)
                raise FailedError(f"{what}: not within {patience:.0f} s\n{tails}")
            time.sleep(_LOOK)
        return value
