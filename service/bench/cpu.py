"""Processor time of a process and all that it has started. Linux only: elsewhere nothing is told."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM = 1, 11, 12


def spent(pid: int) -> float | None:
    """Return the seconds that a process and its living descendants have spent so far; None where it cannot be told."""
    found = {number: fields for number, fields in map(_fields, Path("/proc").glob("[0-9]*")) if fields}
    if pid not in found:
        return None
    family = {pid}
    while grown := {number for number, each in found.items() if int(each[_PARENT]) in family} - family:
        family |= grown
    return sum(int(found[each][_USER]) + int(found[each][_SYSTEM]) for each in family) / _TICKS


def _fields(process: Path) -> tuple[int, list[str]]:
    try:
        # The name of the program stands in brackets, and may hold blanks itself.
        return int(process.name), (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return int(process.name), []
