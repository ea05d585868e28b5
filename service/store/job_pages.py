"""Jobs as people see them: what the ledger holds, or the intent where no worker has taken it up yet."""

from typing import Any

import msgspec
from redis.asyncio import Redis

from service.events.times import from_milliseconds
from service.store.jobs import Intent, Job, as_text, counted, fetch_job, intent_of
from service.store.keys import Keys
from service.store.lag import stored_ms

MOST_INTENTS = 1000
"""Intents looked through; as a rule there is none, since workers take them at once."""


class JobPage(msgspec.Struct, frozen=True, kw_only=True):
    """One job. `state` is intended, waiting, queued, running, done, cancelled, dead, or joined (see `joined_to`).

    Times are ISO 8601 UTC; None is what has not come, or does not apply. `due_at` is the next attempt of a waiting
    one. A replay has `done` events of about `count` behind it.
    """

    id: str
    kind: str
    state: str
    conversation_id: str | None
    endpoint_id: str | None
    event_id: str | None
    rule: str | None
    reason: str | None
    decided_at: str
    created_at: str
    due_at: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    attempts: int = 0
    failures: int = 0
    deaths: int = 0
    last_error: str | None = None
    outcome: str | None = None
    joined_to: str | None = None
    worker: str | None = None
    count: int | None = None
    done: int | None = None


def of_job(job: Job, due_ms: float | None) -> JobPage:
    """Return the ledger's page; `due_ms` is when the job's next attempt is due. Pure."""
    return JobPage(
        id=job.id, kind=job.kind, state=job.state, conversation_id=job.conversation_id or None,
        endpoint_id=job.endpoint_id or None, event_id=job.event_id or None, rule=job.rule or None,
        reason=job.reason or None, decided_at=job.decided_at, created_at=job.created_at,
        due_at=None if due_ms is None else from_milliseconds(int(due_ms)), started_at=job.started_at or None,
        ended_at=job.ended_at or None, attempts=job.attempts, failures=job.failures, deaths=job.deaths,
        last_error=job.last_error or None, outcome=job.outcome or None, joined_to=job.joined_to or None,
        worker=job.worker or None, count=(count := counted(job.arguments)), done=None if count is None else job.done,
    )  # fmt: skip


def of_intent(intent: Intent, written_ms: int) -> JobPage:
    """Return the page of a job that nobody has taken up yet. Pure."""
    return JobPage(
        id=intent.job_id,
        kind=intent.kind,
        state="intended",
        conversation_id=intent.conversation_id or None,
        endpoint_id=intent.endpoint_id or None,
        event_id=intent.event_id or None,
        rule=intent.rule or None,
        reason=intent.reason or None,
        decided_at=intent.decided_at,
        created_at=from_milliseconds(written_ms),
    )


async def fetch(redis: Redis, keys: Keys, job_id: str) -> JobPage | None:
    """Return a job, None where nothing is known of it (any more). Raises redis.exceptions.RedisError."""
    job = await fetch_job(redis, keys, job_id)
    if job is None:
        # Taken up between the two looks: then the ledger has it.
        return await _intended(redis, keys, job_id) or await _in_ledger(redis, keys, job_id)
    return of_job(job, await redis.zscore(keys.jobs_due, job_id))


async def of_event(redis: Redis, keys: Keys, event_id: str) -> list[JobPage]:
    """Return the jobs that an event asked for, each followed by the one that it joined. Raises RedisError."""
    known = {as_text(each) for each in await redis.smembers(keys.event_jobs(event_id))}
    known |= {intent.job_id for _, intent in await _intents(redis, keys) if intent.event_id == event_id}
    found: list[JobPage] = []
    for own in [await fetch(redis, keys, job_id) for job_id in sorted(known)]:
        joined = await fetch(redis, keys, own.joined_to) if own and own.joined_to else None
        found += [page for page in (own, joined) if page is not None and page not in found]
    return found


async def of_conversation(redis: Redis, keys: Keys, conversation_id: str) -> list[JobPage]:
    """Return the newest jobs of a conversation, the newest first; at most 20 are known. Raises RedisError."""
    known: Any = await redis.zrange(keys.conversation_jobs(conversation_id), 0, -1, desc=True)
    pages = [await fetch(redis, keys, as_text(job_id)) for job_id in known]
    return [page for page in pages if page is not None]


async def _in_ledger(redis: Redis, keys: Keys, job_id: str) -> JobPage | None:
    job = await fetch_job(redis, keys, job_id)
    return None if job is None else of_job(job, None)


async def _intended(redis: Redis, keys: Keys, job_id: str) -> JobPage | None:
    for written_ms, intent in await _intents(redis, keys):
        if intent.job_id == job_id:
            return of_intent(intent, written_ms)
    return None


async def _intents(redis: Redis, keys: Keys) -> list[tuple[int, Intent]]:
    entries: Any = await redis.xrange(keys.intents, count=MOST_INTENTS)
    read = [(stored_ms(entry_id), intent_of(as_text(entry_id), fields)) for entry_id, fields in entries]
    return [(written_ms, intent) for written_ms, intent in read if intent is not None]
