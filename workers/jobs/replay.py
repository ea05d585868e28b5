"""The replay job: lets what an endpoint is to get again wait there once more, a slice at a time.

`replaying` says at which pace. The place is noted in the ledger after each few events that were put, under the job's
dispatch number. Whoever was killed between putting and noting leaves those few to be looked at twice, and `replay_walk`
passes over what has been put. A worker that was only stopped for longer than its lease finds, before it puts anything,
that the job is another's; one that is stopped between that look and the putting can repeat those few, and no more.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.endpoints.endpoint import Endpoint
from service.events.replay import Place, Replay, as_text, place_of, replay_of
from service.store import endpoints
from service.store.client import connect
from service.store.headroom import headroom
from service.store.jobs import Job
from service.store.keys import Keys
from service.store.replay_walk import Step, put, steps
from workers.jobs.outcomes import Cancelled, Continue, Done, Outcome, RetryLater
from workers.jobs.replaying import Leave, Put, View, Wait, pace
from workers.jobs.schedule import try_again

Note = Callable[[str, int], bool]
"""Notes a cursor and the number of events done; says whether the job is still ours."""


def replay(redis_url: str, keys: Keys, job: Job, note: Note, chance: float) -> Outcome:
    """Return what came of a slice of the job's replay. `chance` in [0, 1) is for the jitter."""
    try:
        return asyncio.run(_on_redis(redis_url, keys, job, note))
    except (RedisError, OSError) as error:
        return try_again(job.failures, None, chance, f"Redis failed: {type(error).__name__}")


async def _on_redis(redis_url: str, keys: Keys, job: Job, note: Note) -> Outcome:
    redis = connect(redis_url, connections=2)
    try:
        return await _Slice(redis, keys, job, note).run()
    finally:
        await redis.aclose()


class _Slice:
    """One dispatch of a replay."""

    def __init__(self, redis: Redis, keys: Keys, job: Job, note: Note) -> None:
        self._redis, self._keys, self._job, self._note = redis, keys, job, note
        self._replay: Replay = replay_of(job.arguments)
        self._place: Place | None = place_of(job.cursor)
        self._done = job.done
        self._put = 0
        self._ahead: deque[Step] = deque()

    async def run(self) -> Outcome:
        """Put events until the slice, or the replay, is over."""
        began = time.monotonic()
        while True:
            endpoint = await endpoints.get(self._redis, self._keys, self._job.endpoint_id)
            if endpoint is None or endpoint.disabled is not None:
                return Cancelled(f"the endpoint was {'disabled' if endpoint else 'removed'} after {self._told()}")
            match pace(await self._view(time.monotonic() - began), self._replay.request.rate):
                case Leave(after):
                    return Continue(after, f"{self._told()} of {self._replay.count:,} so far")
                case Wait(seconds):
                    await asyncio.sleep(seconds)
                case Put(count):
                    ended = await self._put_some(endpoint, count)
                    if ended is not None:
                        return ended

    async def _view(self, seconds: float) -> View:
        found = await headroom(self._redis, self._keys, self._job.endpoint_id)
        return View(
            seconds=seconds,
            put=self._put,
            unread=found.unread,
            paused=found.paused,
            others_due=found.others_due,
        )

    async def _put_some(self, endpoint: Endpoint, count: int) -> Outcome | None:
        """Put at most so many events and note it; return the outcome where that was the end, or the job is lost."""
        passed = await self._next(endpoint, count)
        if not passed:
            return Done(f"{self._told()} put again")
        chosen = [step for step in passed if step.event is not None]
        if chosen and not self._noted():
            return _lost()
        self._done += await put(self._redis, self._keys, endpoint, self._replay, chosen) if chosen else 0
        self._put += len(chosen)
        self._place = passed[-1].place
        return None if self._noted() else _lost()

    async def _next(self, endpoint: Endpoint, count: int) -> list[Step]:
        """Return the next steps, with at most `count` events among them; none at the end of the way."""
        if not self._ahead:
            self._ahead.extend(await steps(self._redis, self._keys, endpoint, self._replay, self._place))
        passed: list[Step] = []
        while self._ahead and count > 0:
            passed.append(self._ahead.popleft())
            count -= passed[-1].event is not None
        return passed

    def _noted(self) -> bool:
        return self._note(as_text(self._place) if self._place else "", self._done)

    def _told(self) -> str:
        return f"{self._done:,} {'event' if self._done == 1 else 'events'}"


def _lost() -> RetryLater:
    # What is recorded after this is refused: whoever has the job now goes on.
    return RetryLater(0.0, "the lease was lost before the next events were put")
