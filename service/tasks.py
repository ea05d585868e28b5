"""Ending tasks for certain."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

ASK_AGAIN = 0.5
"""Seconds between two cancellations of a task that goes on."""


async def cancelled(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and return when all have ended, whatever they raised.

    Python 3.11 can lose a cancellation that comes while redis-py sends (cpython issue 86296), so it is repeated.
    """
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        ended, waiting = await asyncio.wait(waiting, timeout=ASK_AGAIN)
        for task in ended:
            if not task.cancelled():
                task.exception()


async def interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Return what the work returns, and raise what it raises; cancelled once, it ends for certain (see `cancelled`).

    For the outermost coroutine of a command: Ctrl-C cancels it a single time.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        await cancelled([task])
        raise
    return task.result()
