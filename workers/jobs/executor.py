"""One attempt at a job: start it in the ledger, do it under a renewed lease, record what came of it.

RQ calls `execute` through `rq_worker`; everything that it needs is in the context that it is given.
"""

import random
import time
from collections.abc import Callable, Mapping
from functools import partial

import msgspec
import structlog
from redis.exceptions import RedisError

from service.store.job_ledger import JobLedger, Verdict
from service.store.jobs import Job
from service.store.keys import Keys
from service.store.linkage import Linkage
from service.twilio.api import TwilioApis
from workers.jobs.close import close
from workers.jobs.close_all import close_all
from workers.jobs.connections import connect
from workers.jobs.lease import LeaseKeeper
from workers.jobs.linkage import look
from workers.jobs.observe import Observing, observe
from workers.jobs.outcomes import Cancelled, Continue, Dead, Done, Outcome, RetryLater, Stop
from workers.jobs.reconcile import Terms, reconcile
from workers.jobs.replay import replay
from workers.jobs.schedule import reconnect_pause, try_again

log = structlog.get_logger()

_VERDICTS: Mapping[type, Verdict] = {
    Done: "done", Cancelled: "cancelled", RetryLater: "retry", Continue: "continue", Dead: "dead", Stop: "stop",
}  # fmt: skip


class GivenUpError(Exception):
    """The job is dead, or its kind stopped. Raised so that RQ lists it among its failed ones, for people to see."""


class Context(msgspec.Struct, frozen=True):
    """What a worker process works with, put together in `child`."""

    ledger: JobLedger
    twilio: TwilioApis
    leases: LeaseKeeper
    worker: str
    recording: float
    """Seconds for which recording is tried while Redis is away; after a lease's length it would be refused anyway."""
    redis_url: str
    keys: Keys
    observing: Observing
    reconciling: Terms = Terms()


def _close(context: Context, job: Job, chance: float) -> Outcome:
    return close(context.twilio.conversations, job, lambda: context.ledger.renew(job.id, job.dispatch), chance)


def _close_all(context: Context, job: Job, _: float) -> Outcome:
    with connect(context.redis_url) as redis:
        return close_all(redis, context.keys, context.ledger, job, partial(context.ledger.progress, job))


def _observe(context: Context, job: Job, chance: float) -> Outcome:
    return observe(context.twilio, context.observing, job, chance)


def _look_at_linkage(context: Context, job: Job, chance: float) -> Outcome:
    means = context.observing
    return look(context.twilio, Linkage(means.redis, means.keys), means.customers, means.tell, job, chance)


def _reconcile(context: Context, job: Job, chance: float) -> Outcome:
    note = partial(context.ledger.progress, job)
    return reconcile(
        context.twilio.conversations, context.redis_url, context.keys, context.reconciling, job, note, chance
    )


def _replay(context: Context, job: Job, chance: float) -> Outcome:
    return replay(context.redis_url, context.keys, job, partial(context.ledger.progress, job), chance)


KINDS: Mapping[str, Callable[[Context, Job, float], Outcome]] = {
    "close": _close,
    "close_all": _close_all,
    "linkage": _look_at_linkage,
    "observe": _observe,
    "reconcile": _reconcile,
    "reconcile_preview": _reconcile,
    "replay": _replay,
}
"""What each kind of job does. The word is stored: a function may be renamed, a kind may not."""


def execute(context: Context, job_id: str, dispatch: int) -> str:
    """Return a sentence on what came of the attempt, for RQ's result.

    Raises GivenUpError when there will be no other, and redis.exceptions.RedisError when the attempt could not be
    started or recorded: the sweep then gives the job to the next.
    """
    job = context.ledger.start(job_id, dispatch, context.worker)
    if job is None:
        log.info("job.stale", job=job_id, dispatch=dispatch)
        return "stale: a newer dispatch has taken its place"
    began = time.monotonic()
    with context.leases.hold(job.id, job.dispatch):
        outcome = attempt(context, job)
        state = record(context, job, outcome)
    _log(job, outcome, state, time.monotonic() - began)
    if isinstance(outcome, Dead | Stop) and state != "stale":
        raise GivenUpError(outcome.reason)
    return f"{state}: {outcome.reason}"


def attempt(context: Context, job: Job) -> Outcome:
    """Return the outcome of the job's function; a surprise in it is one, too."""
    chance = random.random()  # noqa: S311 - jitter, not a secret
    act = KINDS.get(job.kind)
    if act is None:
        return try_again(job.failures, None, chance, f"this worker knows no kind {job.kind}")
    try:
        return act(context, job, chance)
    except Exception as error:
        log.exception("job.surprised", job=job.id, kind=job.kind)
        return try_again(job.failures, None, chance, f"surprised by {type(error).__name__}")


def record(context: Context, job: Job, outcome: Outcome) -> str:
    """Return the job's state after recording the outcome; 'stale' if it was no longer ours.

    Tried again while Redis is away, since the effect has happened; to repeat it is safe, the dispatch number fences it.
    """
    delay = outcome.after if isinstance(outcome, RetryLater | Continue) else 0.0
    until = time.monotonic() + context.recording
    failures = 0
    while True:
        try:
            return context.ledger.record(job, _VERDICTS[type(outcome)], outcome.reason, delay)
        except (RedisError, OSError):
            pause = reconnect_pause(failures, random.random())  # noqa: S311 - jitter, not a secret
            failures += 1
            if time.monotonic() + pause > until:
                raise
            time.sleep(pause)


def _log(job: Job, outcome: Outcome, state: str, seconds: float) -> None:
    fields = {
        "job": job.id, "kind": job.kind, "conversation": job.conversation_id or None,
        "endpoint": job.endpoint_id or None, "attempt": job.attempts, "outcome": _VERDICTS[type(outcome)],
        "state": state, "reason": outcome.reason, "ms": round(seconds * 1000),
    }  # fmt: skip
    if isinstance(outcome, Stop):
        log.error("job.finished", **fields, hint="Twilio refuses our credentials: all jobs of this kind wait for them")
    elif isinstance(outcome, Dead):
        log.error("job.finished", **fields)
    elif isinstance(outcome, Continue):
        # A long replay has hundreds of parts.
        log.debug("job.continued", **fields)
    else:
        log.info("job.finished", **fields)
