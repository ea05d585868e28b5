"""Asking for a replay: what it comes to, and the one job that an endpoint may have for it."""

from datetime import datetime
from uuid import uuid4

import msgspec
from redis.asyncio import Redis

from service.endpoints.endpoint import Endpoint
from service.events.replay import Replay, ReplayRequest, as_text, replay_of
from service.events.times import fixed_width
from service.store.jobs import Intent, fetch_job, request
from service.store.keys import Keys
from service.store.lag import now, routing_cursor
from service.store.replay_walk import count

KIND = "replay"
ENDED = ("done", "cancelled", "dead")
"""States of a job that does nothing more."""


class Counted(msgspec.Struct, frozen=True):
    """A replay as it would be now, and how many events of each type that is."""

    replay: Replay
    by_type: dict[str, int]


class Accepted(msgspec.Struct, frozen=True):
    """The job that does the replay; `joined` where just this one was asked for before and is under way."""

    job_id: str
    joined: bool


class Occupied(msgspec.Struct, frozen=True):
    """Another replay of the endpoint is under way."""

    job_id: str


async def counted(redis: Redis, keys: Keys, endpoint: Endpoint, wanted: ReplayRequest) -> Counted:
    """Return what a request comes to now. Raises redis.exceptions.RedisError."""
    # What is not routed yet comes by itself.
    replay = Replay(request=wanted, asked_ms=await now(redis), until=await routing_cursor(redis, keys))
    by_type = await count(redis, keys, endpoint, replay)
    return Counted(msgspec.structs.replace(replay, count=sum(by_type.values())), by_type)


async def start(redis: Redis, keys: Keys, endpoint: Endpoint, replay: Replay, at: datetime) -> Accepted | Occupied:
    """Return the job that does a replay: a new one, or the one that does the same. Raises RedisError.

    `at` is the time of the decision.
    """
    wanted = Intent(
        job_id=f"{KIND}-{uuid4().hex}",
        kind=KIND,
        endpoint_id=endpoint.id,
        decided_at=fixed_width(at.isoformat()) or "",
        arguments=as_text(replay),
    )
    while True:
        job_id = await request(redis, keys, wanted)
        if job_id == wanted.job_id:
            return Accepted(job_id, joined=False)
        found = await fetch_job(redis, keys, job_id)
        if found is not None and found.state not in ENDED:
            same = replay_of(found.arguments).request == replay.request
            return Accepted(job_id, joined=True) if same else Occupied(job_id)
        # It has ended between the two looks, and stands in nobody's way any more.
