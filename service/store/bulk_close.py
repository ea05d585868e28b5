"""Closing many conversations: those that a person has seen the number of, asked for one by one by a single job.

The job walks a list that was made beforehand, so that it closes just these, and goes on where it was.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, cast
from uuid import uuid4

import msgspec
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from service.events.times import fixed_width
from service.store.jobs import CLOSE, Intent, as_text, fetch_job, request
from service.store.keys import Keys

KIND = "close_all"
SLICE = 1000
"""Conversations that travel in one command."""
USUAL_RATE, MOST_RATE = 5.0, 100.0
"""Closes that are asked for in a second."""

Fate = Literal["done", "cancelled", "dead", "under way"]


class BulkClose(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of the job: `subject` is the configuration that the conversations were made with."""

    subject: str
    count: int
    rate: float = USUAL_RATE
    reason: str = ""


async def start(
    redis: AsyncRedis, keys: Keys, conversations: Sequence[str], wanted: BulkClose, at: datetime, retention: int
) -> tuple[str, bool]:
    """Return the job that closes the conversations, and whether it is a new one: a configuration has one at a time.

    `at` is the time of the decision; `retention` (seconds) is how long the list is kept. Raises RedisError.
    """
    intent = Intent(
        job_id=f"{KIND}-{uuid4().hex}",
        kind=KIND,
        decided_at=fixed_width(at.isoformat()) or "",
        reason=wanted.reason,
        arguments=msgspec.json.encode(wanted).decode(),
    )
    place = keys.bulk_close(intent.job_id)
    for begin in range(0, len(conversations), SLICE):
        await cast("Any", redis.rpush(place, *conversations[begin : begin + SLICE]))
    await redis.expire(place, retention)
    job_id = await request(redis, keys, intent)
    if job_id != intent.job_id:
        await redis.delete(place)
    return job_id, job_id == intent.job_id


def some(redis: Redis, keys: Keys, job_id: str, place: int, count: int) -> list[str]:
    """Return at most `count` conversations of the list from `place` on. Raises RedisError."""
    found = cast("list[bytes]", redis.lrange(keys.bulk_close(job_id), place, place + count - 1))
    return [as_text(each) for each in found]


def closing(job_id: str, place: int, conversation: str, wanted: BulkClose, at: datetime) -> Intent:
    """Return the wish that the conversation at a place of the list be closed; the same each time it is made. Pure."""
    return Intent(
        job_id=f"{CLOSE}-{job_id}-{place}",
        kind=CLOSE,
        conversation_id=conversation,
        reason=wanted.reason,
        # The moment at which it is its turn: who waited for long may have had traffic meanwhile.
        decided_at=fixed_width(at.isoformat()) or "",
    )


def note(redis: Redis, keys: Keys, job_id: str, closings: Mapping[int, str], retention: int) -> None:
    """Note which jobs close the conversations at these places. Raises RedisError."""
    redis.hset(keys.bulk_closings(job_id), mapping={str(place): each for place, each in closings.items()})
    redis.expire(keys.bulk_closings(job_id), retention)


async def fates(redis: AsyncRedis, keys: Keys, job_id: str) -> Counter[Fate]:
    """Return what became of the close jobs that were asked for. Raises RedisError."""
    known: Any = await cast("Any", redis.hvals(keys.bulk_closings(job_id)))
    found: Counter[Fate] = Counter()
    for each in known:
        job = await fetch_job(redis, keys, as_text(each))
        state = job.state if job else "done"
        found[cast("Fate", state) if state in {"done", "cancelled", "dead"} else "under way"] += 1
    return found
