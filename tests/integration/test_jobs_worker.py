"""The worker as a program: from an intent in Redis to a closed conversation, and how it ends."""

import json
import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq.job import Job as RqJob

from service.store.jobs import as_text
from service.store.keys import Keys
from tests.eventually import eventually
from tests.fake_twilio import FakeTwilio, running_fake_twilio
from tests.job_steps import intend_to_close
from tests.worker_process import running_worker

KEYS = Keys()


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    """A Twilio of the test's own."""
    with running_fake_twilio() as twilio:
        yield twilio


def state(redis: Redis, number: int = 1) -> str:
    """Return the state of a job."""
    return as_text(redis.hget(KEYS.job(f"close-evt_{number}"), "state") or b"")


def owner(redis: Redis) -> int:
    """Return the process that runs the first job; it is part of the worker's name."""
    return int(as_text(redis.hget(KEYS.job("close-evt_1"), "worker") or b"").split("-")[-2])


def told(redis: Redis) -> dict[str, Any]:
    """Return the first operational event, once there is one."""
    found: dict[str, Any] = json.loads(eventually(lambda: redis.lindex("raised", 0)) or b"")
    return found


def more_than(twilio: FakeTwilio, method: str, number: int) -> Callable[[], bool]:
    """Return what says whether more than so many requests of this method have come."""
    return lambda: len(twilio.asked(method)) > number


def alive(pid: int) -> bool:
    """Return whether a process exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_intent_ends_as_a_closed_conversation(
    sync_redis: Redis, redis_url: str, twilio: FakeTwilio, tmp_path: Path
) -> None:
    """Within a tenth of a second at the median; RQ and the log can say what was done; SIGTERM ends all with 0."""
    waits = []
    with running_worker(redis_url, twilio.url, tmp_path / "log", times={}, processes=2) as worker:
        for number in range(15):
            began = time.monotonic()
            intend_to_close(sync_redis, twilio, number)
            eventually(more_than(twilio, "PATCH", number), every=0.002)
            waits.append(twilio.asked("PATCH")[-1] - began)
        eventually(lambda: state(sync_redis, 14) == "done")
        shown = RqJob.fetch("close-evt_3-1", connection=sync_redis, serializer="json")
        children = worker.children()
        assert 0 == worker.end()

        finished = worker.said("job.finished")

    assert 0.1 > statistics.median(waits)
    assert f"close conversation conv_conversation_{3:026d} (rule conversation.inactivated)" == shown.description
    assert {"close-evt_3", "close-evt_14"} <= {line["job"] for line in finished}
    assert {"job", "kind", "conversation", "attempt", "outcome", "state", "reason", "ms"} <= finished[0].keys()
    assert {1} == set(twilio.patches.values())
    assert not any(map(alive, children))


def test_a_job_in_hand_is_finished_before_the_end(
    sync_redis: Redis, redis_url: str, twilio: FakeTwilio, tmp_path: Path
) -> None:
    """SIGTERM drains."""
    twilio.fail("PATCH", hold=1.0)
    with running_worker(redis_url, twilio.url, tmp_path / "log") as worker:
        conversation = intend_to_close(sync_redis, twilio)
        eventually(lambda: twilio.patches[conversation])

        assert 0 == worker.end()

    assert "done" == state(sync_redis)
    assert [] == sync_redis.zrange(KEYS.jobs_workers, 0, -1)


def test_a_worker_that_dies_over_a_job_is_replaced_and_the_job_goes_on(
    sync_redis: Redis, redis_url: str, twilio: FakeTwilio, tmp_path: Path
) -> None:
    """SIGKILL between effect and answer: the next looks, and repeats nothing."""
    twilio.fail("PATCH", hold=1.0, after_effect=True)
    with running_worker(redis_url, twilio.url, tmp_path / "log") as worker:
        conversation = intend_to_close(sync_redis, twilio)
        eventually(lambda: twilio.closings[conversation])
        os.kill(worker.children()[0], signal.SIGKILL)

        eventually(lambda: state(sync_redis) == "done", 10)

    assert (1, 1) == (twilio.patches[conversation], twilio.closings[conversation])
    assert b"1" == sync_redis.hget(KEYS.job("close-evt_1"), "deaths")


def test_what_rq_loses_is_found(sync_redis: Redis, redis_url: str, twilio: FakeTwilio, tmp_path: Path) -> None:
    """The lease covers the time in RQ's queue, too."""
    with running_worker(redis_url, twilio.url, tmp_path / "log") as worker:
        (child,) = worker.children()
        os.kill(child, signal.SIGSTOP)
        conversation = intend_to_close(sync_redis, twilio)
        eventually(lambda: state(sync_redis) == "queued")
        lost = ("rq:queue:ce:jobs", "rq:job:close-evt_1-1", "rq:queue:ce:jobs:intermediate")
        eventually(lambda: sync_redis.delete(*lost) > 0)
        os.kill(child, signal.SIGCONT)

        eventually(lambda: state(sync_redis) == "done", 10)

    assert 1 == twilio.patches[conversation]
    assert None is sync_redis.hget(KEYS.job("close-evt_1"), "deaths")


def test_a_worker_that_stalls_through_its_lease_does_nothing_more(
    sync_redis: Redis, redis_url: str, twilio: FakeTwilio, tmp_path: Path
) -> None:
    """SIGSTOP in the middle of a look; another closes; SIGCONT changes nothing."""
    twilio.fail("GET", path_ends="/Communications", hold=0.3)
    with running_worker(redis_url, twilio.url, tmp_path / "log", processes=2) as worker:
        conversation = intend_to_close(sync_redis, twilio)
        eventually(lambda: state(sync_redis) == "running" and len(twilio.asked("GET")) > 1)
        stalled = owner(sync_redis)
        os.kill(stalled, signal.SIGSTOP)
        eventually(lambda: state(sync_redis) == "done", 10)
        os.kill(stalled, signal.SIGCONT)

        eventually(lambda: [line for line in worker.said("job.finished") if line["state"] == "stale"])

    assert 1 == twilio.patches[conversation]


def test_refused_credentials_stop_the_jobs_until_they_are_accepted(
    sync_redis: Redis, redis_url: str, twilio: FakeTwilio, tmp_path: Path
) -> None:
    """All wait but for a probe, one event tells of it, and all go on by themselves."""
    twilio.authorization = "Basic nobody"
    with running_worker(redis_url, twilio.url, tmp_path / "log") as worker:
        conversations = [intend_to_close(sync_redis, twilio, number) for number in range(3)]
        eventually(lambda: len([line for line in worker.said("job.finished") if line["outcome"] == "stop"]) > 1)
        event = told(sync_redis)
        twilio.authorization = None

        eventually(lambda: all(twilio.closings[conversation] for conversation in conversations))

    assert "close.failed" == event["type"]
    assert event["data"]["reason"].startswith("401 code 20003")
    assert 1 == sync_redis.llen("raised")


def test_processes_do_not_outlive_their_parent(redis_url: str, twilio: FakeTwilio, tmp_path: Path) -> None:
    """SIGKILL of the parent leaves no orphans."""
    with running_worker(redis_url, twilio.url, tmp_path / "log", processes=2) as worker:
        children = worker.children()
        worker.process.kill()
        worker.process.wait()

        eventually(lambda: not any(map(alive, children)))


def test_a_poisoned_job_is_buried(sync_redis: Redis, redis_url: str, twilio: FakeTwilio, tmp_path: Path) -> None:
    """Three workers died with it: it is dead, told of, and the next worker lives."""
    twilio.fail("GET", hold=1.5, times=3)
    times = {"lease": 0.5, "renew": 0.1, "silence": 1.5, "sweep": 0.1}
    with running_worker(redis_url, twilio.url, tmp_path / "log", times=times, processes=3) as worker:
        intend_to_close(sync_redis, twilio)
        for number in range(3):
            eventually(more_than(twilio, "GET", number))
            os.kill(owner(sync_redis), signal.SIGKILL)

        eventually(lambda: state(sync_redis) == "dead")
        event = told(sync_redis)
        other = intend_to_close(sync_redis, twilio, 2)
        eventually(lambda: twilio.closings[other])
        assert worker.process.poll() is None

    assert "crash_loop: 3 workers died with it" == event["data"]["reason"]
    assert [b"close-evt_1"] == sync_redis.zrange(KEYS.jobs_dead, 0, -1)
