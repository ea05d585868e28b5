"""Waiting for a job with a progress bar; who stops waiting stops nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from redis.asyncio import Redis
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from service.store import job_pages
from service.store.job_pages import JobPage
from service.store.job_statistics import WORKER_SILENCE
from service.store.keys import Keys
from service.store.replays import ENDED

LOOK = 0.25
"""Seconds between looks at the job."""
NO_WORKER = "no worker is alive: start conversation-events worker"

Tell = Callable[[str, int], None]
"""Tells what is going on, and how much of it is done."""


@contextmanager
def bar(total: int) -> Iterator[Tell]:
    """Show a progress bar on standard error until the block ends, where that is a terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=total)
        yield lambda doing, done: progress.update(task, description=doing, completed=done)


async def ended(
    redis: Redis, keys: Keys, job_id: str, looked_at: Callable[[JobPage, bool], Awaitable[None]]
) -> JobPage | None:
    """Return a job when it has ended, None where nothing is known of it (any more). Raises RedisError.

    `looked_at` is called after each look with the job, and whether no worker is alive to do it.
    """
    while (job := await job_pages.fetch(redis, keys, job_id)) is not None and job.state not in ENDED:
        if job.state == "joined" and job.joined_to:
            job_id = job.joined_to
            continue
        alive = await redis.zcount(keys.jobs_workers, (time.time() - WORKER_SILENCE) * 1000, "+inf")
        await looked_at(job, not alive)
        await asyncio.sleep(LOOK)
    return job
