"""What the jobs' ledger holds, by state. Those that ended well are kept and not counted; see a job by its id."""

from typing import Any

import msgspec
from redis.asyncio import Redis

from service.store.jobs import as_text
from service.store.keys import Keys

WORKER_SILENCE = 15.0
"""Seconds without a heartbeat after which a worker counts as gone; the ledger gives it no work then."""


class JobStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs by state, and the worker processes that are alive.

    `intended`: decided, not taken up yet. `waiting`: for their time or for a worker. `parked`: of a kind in
    `stopped_kinds`, which Twilio refuses to let us do. `dead`: given up, within the retention.
    """

    intended: int
    waiting: int
    parked: int
    queued: int
    running: int
    dead: int
    stopped_kinds: list[str]
    workers: int


async def job_statistics(redis: Redis, keys: Keys, now_ms: int) -> JobStatistics:
    """Return the figures. Raises redis.exceptions.RedisError."""
    pipeline = redis.pipeline(transaction=False)
    pipeline.xlen(keys.intents)
    pipeline.zcard(keys.jobs_due)
    pipeline.zcard(keys.jobs_dead)
    pipeline.zcount(keys.jobs_workers, now_ms - WORKER_SILENCE * 1000, "+inf")
    pipeline.zrange(keys.jobs_leases, 0, -1)
    pipeline.hkeys(keys.jobs_stopped)
    intended, waiting, dead, workers, leased, stopped = await pipeline.execute()
    states = await _states(redis, keys, [as_text(job_id) for job_id in leased])
    kinds = sorted(map(as_text, stopped))
    return JobStatistics(
        intended=intended,
        waiting=waiting,
        parked=await _parked(redis, keys, kinds),
        queued=states.count("queued"),
        running=states.count("running"),
        dead=dead,
        stopped_kinds=kinds,
        workers=workers,
    )


async def _states(redis: Redis, keys: Keys, job_ids: list[str]) -> list[str]:
    """Return the states of the jobs that are given out: never more than there are workers."""
    pipeline = redis.pipeline(transaction=False)
    for job_id in job_ids:
        pipeline.hget(keys.job(job_id), "state")
    found: list[Any] = await pipeline.execute() if job_ids else []
    return [as_text(state) for state in found if state]


async def _parked(redis: Redis, keys: Keys, kinds: list[str]) -> int:
    return sum([int(await redis.zcard(keys.jobs_parked(kind))) for kind in kinds])
