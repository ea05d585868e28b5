"""Processes as `ps` shows them: who has started whom, and ending them by their ids."""

import os
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """One process that runs; the dead that nobody has collected are left out."""

    pid: int
    parent: int
    command: str


def processes() -> list[Process]:
    """Return all processes of this machine."""
    listing = ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,command="]
    lines = subprocess.run(listing, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [line.split(None, 3) for line in lines]
    return [Process(int(row[0]), int(row[1]), row[3]) for row in rows if len(row) == 4 and "Z" not in row[2]]


def descendants(pid: int) -> list[Process]:
    """Return what a process has started, and what that has started, and so on; parents first."""
    children: dict[int, list[Process]] = {}
    for process in processes():
        children.setdefault(process.parent, []).append(process)
    found = list(children.get(pid, ()))
    for process in found:
        found += children.get(process.pid, ())
    return found


def kill(pids: Iterable[int], how: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to each of them; those that have gone are passed over."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, how)


def running(pids: Iterable[int]) -> set[int]:
    """Return those of them that still run."""
    return {process.pid for process in processes()} & set(pids)
