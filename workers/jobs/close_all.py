"""The job that closes many conversations: it asks for a close job for each, part by part, and does nothing else.

`closing_all` says at which pace. The place in the list is noted after each part; whoever was killed in between asks for
the same jobs again, under the same ids, which the ledger takes for the same wishes.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from redis import Redis

from service.store.bulk_close import BulkClose, closing, note, some
from service.store.job_ledger import JobLedger
from service.store.jobs import Job
from service.store.keys import Keys
from workers.jobs.closing_all import part
from workers.jobs.outcomes import Continue, Done, Outcome, RetryLater

Note = Callable[[str, int], bool]
"""Notes a cursor and the number of conversations done; says whether the job is still ours."""


def close_all(redis: Redis, keys: Keys, ledger: JobLedger, job: Job, noted: Note) -> Outcome:
    """Return what came of a part of the job. Raises redis.exceptions.RedisError: the part is then done once more."""
    wanted = msgspec.json.decode(job.arguments, type=BulkClose)
    place = int(job.cursor or 0)
    asked = part(wanted.rate, ledger.due())
    if not asked.count:
        return Continue(asked.after, f"{place:,} of {wanted.count:,} so far; other jobs go first")
    found = some(redis, keys, job.id, place, asked.count)
    if found:
        now = datetime.now(UTC)
        wishes = {at: closing(job.id, at, each, wanted, now) for at, each in enumerate(found, place)}
        note(redis, keys, job.id, {at: ledger.request(wish) for at, wish in wishes.items()}, ledger.retention)
    place += len(found)
    if not noted(str(place), place):
        return RetryLater(0.0, "the lease was lost before the next closes were asked for")
    if place >= wanted.count or not found:
        return Done(f"{place:,} closes asked for")
    return Continue(asked.after, f"{place:,} of {wanted.count:,} so far")
