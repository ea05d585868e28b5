"""The embedded server: its command line, its folders, its predecessor, its readiness.

Two locks: `up.lock` is held by `up` alone, so that there is one `up` for a DATA_DIR. `redis.lock` is inherited by the
server, so that nobody ever starts a second server on the same append-only file, even after `up` was killed.
"""

import asyncio
import errno
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.embedded.lock import LockedError, lock, lock_patiently
from service.processes.process import Program
from service.store.client import connect

log = structlog.get_logger()

STOP_PATIENCE = 30.0
"""Seconds that an orphaned server has for ending."""
_LOOK = 0.02
_LONGEST_LOOK = 0.5
_LOG_TAIL = 2048


class ServerFailedError(Exception):
    """The embedded server ended instead of serving; the message holds its last words."""


class OrphanError(Exception):
    """A server of an earlier `up` still holds the data and does not end."""


class FolderError(Exception):
    """A folder cannot be made or is not ours."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the embedded server of a DATA_DIR keeps its things; all paths absolute."""

    data: Path
    socket: Path
    log: Path
    lock: Path


def place(data_dir: Path, socket: Path) -> Place:
    """Return the place for a DATA_DIR, whose socket may have to be elsewhere."""
    root = data_dir.resolve()
    return Place(root / "redis", socket, root / "redis.log", root / "redis.lock")


def arguments(where: Place) -> tuple[str, ...]:
    """Return the server's settings as command line arguments.

    Every write is on disk before it is answered, and stays so while the file is being rewritten; only the private
    socket is listened on; nothing is ever evicted.
    """
    settings = {
        "port": "0",
        "unixsocket": str(where.socket),
        "unixsocketperm": "700",
        "dir": str(where.data),
        "logfile": str(where.log),
        "daemonize": "no",
        "appendonly": "yes",
        "appendfsync": "always",
        "no-appendfsync-on-rewrite": "no",
        "auto-aof-rewrite-percentage": "100",
        "auto-aof-rewrite-min-size": "64mb",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    return tuple(part for name, value in settings.items() for part in (f"--{name}", value))


def program(binary: Path, where: Place, lock_descriptor: int, env: Mapping[str, str]) -> Program:
    """Return the program to keep running. The server holds the lock for as long as it lives."""
    launcher = (sys.executable, "-m", "service.embedded", str(os.getpid()))
    return Program("redis", (*launcher, str(binary), *arguments(where)), env, (lock_descriptor,))


def make_private(folder: Path) -> None:
    """Make a folder that this user alone can read, unless it is there. Raises FolderError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    except OSError as error:
        raise FolderError(f"{error.filename}: {error.strerror}; DATA_DIR must be a folder that we can write") from None


def prepare(where: Place) -> None:
    """Make the server's folders. Raises FolderError."""
    for folder in (where.data, where.socket.parent):
        make_private(folder)
    if where.socket.parent != where.data.parent and where.socket.parent.stat().st_uid != os.getuid():
        # Among the temporary files, somebody may have made it before us.
        raise FolderError(f"{where.socket.parent} belongs to somebody else; choose a shorter DATA_DIR")


async def take_over(where: Place, patience: float = STOP_PATIENCE) -> int:
    """Return the descriptor of the server's lock, after ending the server of a killed `up`. Raises OrphanError."""
    try:
        return lock(where.lock)
    except LockedError:
        log.warning("redis.orphan", socket=str(where.socket))
    ending = asyncio.create_task(_shut_down(where.socket))
    try:
        return await lock_patiently(where.lock, patience)
    except LockedError:
        raise OrphanError(
            f"a Redis server of an earlier `up` still uses {where.data} and does not end; "
            f"end it by hand (`fuser {where.lock}` names it) and start again"
        ) from None
    finally:
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)


async def _shut_down(socket: Path) -> None:
    redis = connect(f"unix://{socket}")
    try:
        # NOSAVE leaves out a snapshot that nobody reads; the append-only file is completed in any case.
        with suppress(RedisError, OSError):
            await redis.shutdown(nosave=True)
    finally:
        await redis.aclose(close_connection_pool=True)


async def until_serving(where: Place, ended: Callable[[], bool]) -> None:
    """Return when the server answers and has loaded its data. Raises ServerFailedError once `ended` is true."""
    redis = connect(f"unix://{where.socket}")
    pause = _LOOK
    try:
        while not await _serves(redis):
            if ended():
                raise ServerFailedError(f"the embedded Redis does not start: {last_words(where.log)}")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_LOOK)
    finally:
        await redis.aclose(close_connection_pool=True)


async def _serves(redis: Redis) -> bool:
    try:
        return bool(await redis.ping())
    except (RedisError, OSError):
        return False


def last_words(path: Path) -> str:
    """Return the last line of a server's log, or where it would be."""
    with suppress(OSError), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LOG_TAIL))
        lines = file.read().decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), f"{path} is empty")
    return f"there is no {path}"
