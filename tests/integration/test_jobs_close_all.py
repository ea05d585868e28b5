"""The job that closes many conversations: from the list to the last close, whoever dies in between."""

from datetime import UTC, datetime
from functools import partial

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from service.store import bulk_close
from service.store.bulk_close import BulkClose
from service.store.job_ledger import JobLedger
from service.store.jobs import Job, as_text
from service.store.keys import Keys
from tests.job_steps import RETENTION, admit_all, intend, start
from workers.jobs.close_all import close_all
from workers.jobs.closing_all import MOST_WAITING
from workers.jobs.outcomes import Continue, Done, Outcome, RetryLater
from workers.jobs.rq_queue import describe

pytestmark = pytest.mark.anyio
WANTED = BulkClose(subject="conv_configuration_1", count=5, rate=2.0, reason="new rules")
CONVERSATIONS = [f"conv_{number}" for number in range(5)]


async def begun(redis: AsyncRedis, keys: Keys, wanted: BulkClose = WANTED) -> str:
    """Ask for the job."""
    job_id, _ = await bulk_close.start(redis, keys, CONVERSATIONS, wanted, datetime.now(UTC), RETENTION)
    return job_id


def worked(redis: Redis, keys: Keys, ledger: JobLedger, job: Job) -> Outcome:
    """Do a part of the job."""
    return close_all(redis, keys, ledger, job, partial(ledger.progress, job))


def part(redis: Redis, keys: Keys, ledger: JobLedger, job_id: str) -> Outcome:
    """Let the job be due and do its next part."""
    redis.zadd(keys.jobs_due, {job_id: 0})
    job = next(found for found in map(ledger.read, [c.job_id for c in ledger.claim().claims]) if found)
    running = ledger.start(job.id, job.dispatch, "w0")
    assert running
    outcome = worked(redis, keys, ledger, running)
    ledger.record(running, "done" if isinstance(outcome, Done) else "continue", outcome.reason, 60.0)
    redis.delete(keys.jobs_leases)
    return outcome


def asked_for(redis: Redis, keys: Keys) -> set[str]:
    """Return the conversations that a close job is under way for."""
    return {each for each in CONVERSATIONS if redis.exists(keys.conversation_close(each))}


async def test_each_is_asked_for_once_at_the_rate(
    redis: AsyncRedis, sync_redis: Redis, keys: Keys, ledger: JobLedger
) -> None:
    """Part by part; when the last is asked for, the job is done, and it is known which jobs do the rest."""
    job_id = await begun(redis, keys)
    outcomes = [part(sync_redis, keys, ledger, job_id) for _ in range(3)]

    assert [
        Continue(1.0, "2 of 5 so far"), Continue(1.0, "4 of 5 so far"), Done("5 closes asked for"),
    ] == outcomes  # fmt: skip
    assert set(CONVERSATIONS) == asked_for(sync_redis, keys)
    found = [ledger.read(as_text(each)) for each in sync_redis.hvals(keys.bulk_closings(job_id))]
    assert [(f"close-{job_id}-{n}", "new rules") for n in range(5)] == [(one.id, one.reason) for one in found if one]
    assert {"under way": 5} == await bulk_close.fates(redis, keys, job_id)


async def test_a_part_that_was_not_noted_is_repeated_without_effect(
    redis: AsyncRedis, sync_redis: Redis, keys: Keys, ledger: JobLedger
) -> None:
    """A worker that died between asking and noting leaves wishes that the ledger knows."""
    job_id = await begun(redis, keys)
    job = start(ledger)
    close_all(sync_redis, keys, ledger, job, lambda *_: True)
    before = sync_redis.zcard(keys.jobs_due)

    assert Continue(1.0, "2 of 5 so far") == worked(sync_redis, keys, ledger, job)
    assert (2, 2) == (before, sync_redis.zcard(keys.jobs_due))
    assert 2 == sync_redis.hlen(keys.bulk_closings(job_id))


async def test_who_has_lost_the_job_stops(redis: AsyncRedis, sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """Whoever has it now goes on."""
    await begun(redis, keys)

    assert isinstance(close_all(sync_redis, keys, ledger, start(ledger), lambda *_: False), RetryLater)


async def test_others_go_first(redis: AsyncRedis, sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """While many jobs wait for a worker, none is added."""
    await begun(redis, keys)
    job = start(ledger)
    for number in range(MOST_WAITING + 1):
        intend(sync_redis, keys, number, conversation=f"conv_quiet_{number}")
    admit_all(sync_redis, keys, ledger)

    assert Continue(1.0, "0 of 5 so far; other jobs go first") == worked(sync_redis, keys, ledger, job)
    assert set() == asked_for(sync_redis, keys)


async def test_a_configuration_has_one_at_a_time(redis: AsyncRedis, keys: Keys) -> None:
    """A second wish joins the first, and closes what was counted then; another configuration has its own."""
    first, second = await begun(redis, keys), await begun(redis, keys)
    other = await begun(redis, keys, BulkClose(subject="conv_configuration_2", count=5))
    lists = [key async for key in redis.scan_iter(match=keys.bulk_close("*"))]

    assert (first, True, 2) == (second, other != first, len(lists))


async def test_it_joins_a_close_that_is_under_way(
    redis: AsyncRedis, sync_redis: Redis, keys: Keys, ledger: JobLedger
) -> None:
    """One job per conversation; what becomes of it counts."""
    intend(sync_redis, keys, 1, conversation="conv_0")
    admit_all(sync_redis, keys, ledger)
    held = start(ledger)
    job_id = await begun(redis, keys)
    part(sync_redis, keys, ledger, job_id)
    ledger.record(held, "done", "closed")

    assert b"close-evt_1" == sync_redis.hget(keys.bulk_closings(job_id), "0")


async def test_people_can_read_what_it_is(redis: AsyncRedis, keys: Keys, ledger: JobLedger) -> None:
    """In RQ's own tools."""
    await begun(redis, keys)
    (claim,) = ledger.claim().claims

    assert "close_all 5 conversations of conv_configuration_1 (by request)" == describe(claim)
