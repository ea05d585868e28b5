"""What a crash costs a replay: seconds, never an event, and none twice."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis

from service.endpoints.endpoint import Disabled, Endpoint
from service.events.replay import Only, request_of
from service.store import replays
from service.store.jobs import Job, job_of
from service.store.replays import Accepted
from tests.eventually import eventually
from tests.history import History
from tests.relay_case import RelayCase
from tests.routed_deliveries import add_endpoint
from tests.twilio_callbacks import communication
from tests.worker_process import WorkerProcess, running_worker

EVENTS = 2000
LIVE = 20
TIMES = {"lease": 3.0, "renew": 0.5, "silence": 3.0, "sweep": 0.2}
PATIENCE = 60.0


def stored(case: RelayCase, first: int, count: int) -> list[str]:
    """Store so many messages, 50 to a conversation, and return their events' ids."""
    bodies = (communication(n, conversation_id=f"conv_{n // 50}") for n in range(first, first + count))
    return [event.id for event in case.append(*bodies)]


def arrived(case: RelayCase) -> Counter[str]:
    """Return how often each event has arrived."""
    return Counter(arrival.headers["webhook-id"] for arrival in case.subscriber.at("/"))


def begun(history: History, endpoint: Endpoint, only: Only) -> str:
    """Ask for a replay, and return its job's id."""
    wanted = request_of(types=("*",), only=only, since_ms=None, rate=300)
    known = history.does(lambda redis: replays.counted(redis, history.keys, endpoint, wanted))
    assert known.replay.count == EVENTS
    job = history.does(lambda redis: replays.start(redis, history.keys, endpoint, known.replay, datetime.now(UTC)))
    assert isinstance(job, Accepted)
    return job.job_id


def job_in(redis: Redis, case: RelayCase, job_id: str) -> Job:
    """Return a job as the ledger has it."""
    found = job_of(job_id, redis.hgetall(case.keys.job(job_id)))
    assert found
    return found


def kill_owner(worker: WorkerProcess, job: Job) -> None:
    """Kill the process that runs the job; it is part of the worker's name."""
    pid = int(job.worker.split("-")[-2])
    assert pid in worker.children()
    os.kill(pid, signal.SIGKILL)


def further_than(case: RelayCase, job_id: str, done: int) -> Callable[[], bool]:
    """Return what says whether a replay is running, and has put more than so many events."""

    def look() -> bool:
        job = job_in(case.redis, case, job_id)
        return job.state == "running" and job.done > done

    return look


@pytest.mark.parametrize("only", ["missed", "all"])
def test_a_replay_loses_and_doubles_nothing_while_its_workers_die(case: RelayCase, tmp_path: Path, only: Only) -> None:
    """2,000 events, three SIGKILLs in the middle, live traffic meanwhile: all once more, and live ones once."""
    history = History(case.redis_url, case.keys)
    missed = Disabled("by_hand", 1) if only == "missed" else None
    endpoint = history.does(lambda redis: add_endpoint(redis, case.keys, "ep_a", case.subscriber.url, disabled=missed))
    with case.relay():
        events = [event for first in range(0, EVENTS, 500) for event in stored(case, first, 500)]
        if missed:
            eventually(lambda: case.redis.zcard(case.keys.skipped("ep_a")) == EVENTS, PATIENCE)
            endpoint = history.alters(endpoint, disabled=None)
        else:
            eventually(lambda: len(arrived(case)) == EVENTS and _settled(case), PATIENCE)
    with (
        case.relay("relay-b"),
        running_worker(case.redis_url, "http://127.0.0.1:9", tmp_path / "log", times=TIMES, processes=2) as worker,
    ):
        before = arrived(case)
        job_id, live = begun(history, endpoint, only), list[str]()
        for number in range(3):
            eventually(further_than(case, job_id, 200 + 500 * number), PATIENCE)
            live += stored(case, EVENTS + number * LIVE, LIVE)
            kill_owner(worker, job_in(case.redis, case, job_id))
        eventually(lambda: job_in(case.redis, case, job_id).state == "done", PATIENCE)
        eventually(lambda: _settled(case) and set(live) <= arrived(case).keys(), PATIENCE)

        once_more = arrived(case) - before

    assert dict.fromkeys([*events, *live], 1) == dict(once_more)
    assert 3 == len(worker.said("job.lease_ran_out"))


def _settled(case: RelayCase) -> bool:
    return case.redis.xlen(case.keys.deliveries("ep_a")) == 0
