"""Whether the work gets done: not that the processes are there, but that nothing waits for them too long.

A consumer that died, or hangs, behind a green health page is the trap: so the age of the oldest work is judged first,
and heartbeats only say whom to look at. `judge` decides, `facts` asks.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from redis.asyncio import Redis

from service.store.endpoints import listing
from service.store.keys import Keys
from service.store.lag import now, oldest_unrouted, seconds_since, stored_ms

LONGEST_WAIT = 30.0
"""Seconds that work may wait for whoever does it; a crash is mended within this time."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What was found; all in milliseconds since 1970, None where there is none.

    `unrouted`: when the oldest unrouted event was stored. `overdue_retry`: when the first retry was due. `relay` and
    `worker`: the newest heartbeats. `delivery`: when the first in some endpoint's line came there. `job`: when the
    first job was due, or decided.
    """

    now: int
    unrouted: int | None = None
    overdue_retry: int | None = None
    relay: int | None = None
    delivery: int | None = None
    worker: int | None = None
    job: int | None = None


def judge(found: Facts) -> tuple[str, ...]:
    """Return a sentence for each kind of work that is not being done, none where all is well.

    A slow endpoint and a full queue are no fault of ours: deliveries and jobs count only where nobody is alive to do
    them. With nothing to do, nobody has to be alive.
    """
    reasons = []
    if (waited := _waited(found.unrouted, found)) is not None:
        reasons.append(f"an event has waited {waited:.0f} s for its routing; {_relay(found)}")
    if (waited := _waited(found.overdue_retry, found)) is not None:
        reasons.append(f"a retry has been due for {waited:.0f} s; {_relay(found)}")
    if _gone(found.relay, found) and (waited := _waited(found.delivery, found)) is not None:
        reasons.append(f"a delivery has waited {waited:.0f} s; {_relay(found)}")
    if _gone(found.worker, found) and (waited := _waited(found.job, found)) is not None:
        reasons.append(f"a job has waited {waited:.0f} s, and no worker is alive")
    return tuple(reasons)


def _waited(since: int | None, found: Facts) -> float | None:
    waited = seconds_since(since, found.now)
    return waited if waited > LONGEST_WAIT else None


def _gone(beat: int | None, found: Facts) -> bool:
    return beat is None or seconds_since(beat, found.now) > LONGEST_WAIT


def _relay(found: Facts) -> str:
    return "no relay is alive" if _gone(found.relay, found) else "a relay is alive and does not get on"


async def facts(redis: Redis, keys: Keys) -> Facts:
    """Ask Redis; a handful of small questions. Raises redis.exceptions.RedisError."""
    pipeline = redis.pipeline(transaction=False)
    pipeline.zrange(keys.retries, 0, 0, withscores=True)
    pipeline.zrange(keys.relays, -1, -1, withscores=True)
    pipeline.zrange(keys.jobs_workers, -1, -1, withscores=True)
    pipeline.zrange(keys.jobs_due, 0, 0, withscores=True)
    pipeline.xrange(keys.intents, count=1)
    retry, relay, worker, due, intent = await pipeline.execute()
    jobs = [_score(due), stored_ms(intent[0][0]) if intent else None]
    return Facts(
        now=await now(redis),
        unrouted=await oldest_unrouted(redis, keys),
        overdue_retry=_score(retry),
        relay=_score(relay),
        delivery=await _oldest_delivery(redis, keys),
        worker=_score(worker),
        job=_earliest(jobs),
    )


def _score(reply: Any) -> int | None:  # noqa: ANN401 - what Redis replied
    return int(reply[0][1]) if reply else None


def _earliest(times: Iterable[int | None]) -> int | None:
    return min((at for at in times if at is not None), default=None)


async def _oldest_delivery(redis: Redis, keys: Keys) -> int | None:
    known = await listing(redis, keys)
    pipeline = redis.pipeline(transaction=False)
    for endpoint_id in known.endpoints:
        pipeline.xrange(keys.deliveries(endpoint_id), count=1)
    heads: list[Any] = await pipeline.execute() if known.endpoints else []
    return _earliest(stored_ms(head[0][0]) for head in heads if head)
