"""The reconcile job in the ledger: there is always one, and there is never more than one."""

import time
from collections.abc import Callable
from uuid import uuid4

import msgspec
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from service.events.times import fixed_width, from_milliseconds
from service.store.jobs import Intent, as_text, live_key
from service.store.keys import Keys

KIND = "reconcile"
PREVIEW = "reconcile_preview"
SUBJECT = "open conversations"


class Arguments(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the job's arguments say: `once` for a pass that somebody asked for, `dry_run` for one that only looks."""

    subject: str = SUBJECT
    once: bool = False
    dry_run: bool = False


def arguments_of(text: str) -> Arguments:
    """Return a job's arguments as a value."""
    return msgspec.json.decode(text, type=Arguments) if text else Arguments()


def intent(*, once: bool = False, dry_run: bool = False, delay: int = 0) -> Intent:
    """Return the wish for reconciliation, due after so many seconds: for good, or for one pass."""
    kind = PREVIEW if dry_run else KIND
    told = Arguments(once=once or dry_run, dry_run=dry_run)
    # The subject is never left out: it is what makes the job the only one of its kind.
    arguments = msgspec.json.encode({"subject": SUBJECT, **msgspec.to_builtins(told)}).decode()
    now = fixed_width(from_milliseconds(int(time.time() * 1000))) or ""
    return Intent(
        job_id=f"{kind}-{uuid4().hex}",
        kind=kind,
        decided_at=now,
        arguments=arguments,
        delay=delay,
        rule="" if told.once else "RECONCILE_EVERY",
    )


def ensure(redis: Redis, keys: Keys, admit: Callable[[Intent], str], every: int) -> None:
    """See to it that the job of good standing is there, and is due within `every` seconds; 0: it ends by itself.

    Raises redis.exceptions.RedisError.
    """
    if not every:
        return
    live = redis.get(live_key(keys, intent()))
    if live is None or not redis.exists(keys.job(as_text(live))):
        # After the first pass of all there is one only where a job has died or its Redis was lost.
        admit(intent(delay=every if redis.hexists(keys.reconciliation, "last") else 0))
        return
    seconds, micros = redis.time()
    redis.zadd(keys.jobs_due, {as_text(live): seconds * 1000 + micros // 1000 + every * 1000}, xx=True, lt=True)


async def hurry(redis: AsyncRedis, keys: Keys, job_id: str) -> None:
    """Let a job that waits be due now. Raises redis.exceptions.RedisError."""
    seconds, micros = await redis.time()
    await redis.zadd(keys.jobs_due, {job_id: seconds * 1000 + micros // 1000}, xx=True, lt=True)
