"""Locks on files. The kernel lets go of them when the last process that holds the descriptor has ended."""

import asyncio
import fcntl
import os
from pathlib import Path

_LOOK = 0.05


class LockedError(Exception):
    """Another process holds the lock."""


def lock(path: Path) -> int:
    """Return the descriptor that holds the lock on a file, made where it is missing. Raises LockedError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise LockedError(str(path)) from None
    return descriptor


async def lock_patiently(path: Path, patience: float) -> int:
    """Return `lock(path)`, waiting up to `patience` seconds for its holder to end. Raises LockedError."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while True:
        try:
            return lock(path)
        except LockedError:
            if loop.time() >= until:
                raise
        await asyncio.sleep(_LOOK)


def write_note(descriptor: int, note: str) -> None:
    """Write into a locked file what whoever finds it locked should know."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, note.encode(), 0)


def held_note(path: Path) -> str | None:
    """Return what the holder of a lock has written into the file, or None where nobody holds it."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        # Shared, and for a moment only: two who look do not take each other for the holder.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, 1024, 0).decode()
    else:
        return None
    finally:
        os.close(descriptor)
