"""Ending tasks for certain, although a cancellation may be lost."""

import asyncio

import pytest

from service.tasks import interruptible

pytestmark = pytest.mark.anyio


async def deaf() -> None:
    """Lose the first cancellation, as a send of redis-py does now and then."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.Event().wait()


async def test_one_cancellation_is_enough() -> None:
    """Work that loses the first one ends all the same, and its caller hears that it was cancelled."""
    task = asyncio.create_task(interruptible(deaf()))
    await asyncio.sleep(0)
    task.cancel()
    ended, _ = await asyncio.wait([task], timeout=30)

    assert {task} == ended
    assert task.cancelled()


async def test_what_work_returns_and_raises() -> None:
    """Both come through as they are."""

    async def divide(by: int) -> int:
        return 12 // by

    with pytest.raises(ZeroDivisionError):
        await interruptible(divide(0))

    assert 4 == await interruptible(divide(3))
