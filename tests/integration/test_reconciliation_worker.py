"""Reconciliation as a program runs it: by itself, one pass at a time, through deaths and refusals."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from service.store.jobs import as_text, live_key
from service.store.keys import Keys
from service.store.reconciliation_jobs import KIND, intent
from tests.eventually import eventually
from tests.fake_twilio import FakeTwilio, running_fake_twilio
from tests.lossy_twilio import LossyTwilio, needed
from tests.stored_events import stored_events
from tests.worker_process import running_worker

KEYS = Keys()


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    """A Twilio of the test's own."""
    with running_fake_twilio() as twilio:
        yield twilio


def listings(twilio: FakeTwilio) -> int:
    """Return how often the list of open conversations was asked for."""
    return sum(path == "/v2/Conversations" for _, _, path in list(twilio.requests))


def live(redis: Redis) -> str:
    """Return the reconcile job that is under way."""
    return as_text(redis.get(live_key(KEYS, intent())) or b"")


def reconcile_jobs(redis: Redis) -> list[bytes]:
    """Return the pages of all reconcile jobs."""
    found: Any = redis.keys(f"{KEYS.job(KIND)}-*")
    return list(found)


def test_passes_come_by_themselves_one_job_for_all_workers(
    sync_redis: Redis, redis_url: str, twilio: FakeTwilio, tmp_path: Path
) -> None:
    """Two workers have one reconcile job between them, and what was lost is in the log."""
    lossy = LossyTwilio(twilio)
    lossy.say(lossy.begin())
    with (
        running_worker(redis_url, twilio.url, tmp_path / "1", reconcile_every=1),
        running_worker(redis_url, twilio.url, tmp_path / "2", reconcile_every=1),
    ):
        eventually(lambda: listings(twilio) > 2, 15)
        jobs = reconcile_jobs(sync_redis)

    assert 1 == len(jobs)
    assert [one.id for one in lossy.told] == [event.id for event in stored_events(sync_redis, KEYS)]


def test_a_changed_setting_takes_effect(sync_redis: Redis, redis_url: str, twilio: FakeTwilio, tmp_path: Path) -> None:
    """From an hour to a second, and then to never."""
    with running_worker(redis_url, twilio.url, tmp_path / "1", reconcile_every=3600):
        eventually(lambda: sync_redis.hget(KEYS.reconciliation, "last"))
    with running_worker(redis_url, twilio.url, tmp_path / "2", reconcile_every=1):
        eventually(lambda: listings(twilio) > 1)
        job = eventually(lambda: live(sync_redis))
    with running_worker(redis_url, twilio.url, tmp_path / "3", reconcile_every=0):
        eventually(lambda: sync_redis.hget(KEYS.job(job), "state") == b"done")

        assert "" == live(sync_redis)


def test_a_death_in_the_middle_of_a_pass_loses_and_doubles_nothing(
    sync_redis: Redis, redis_url: str, twilio: FakeTwilio, tmp_path: Path
) -> None:
    """SIGKILL among the looks; the next worker's pass finishes."""
    lossy = LossyTwilio(twilio)
    for _ in range(30):
        lossy.say(lossy.begin())
    twilio.fail("GET", path_ends=f"{20:026d}/Communications", hold=1.5)
    with running_worker(redis_url, twilio.url, tmp_path / "log", reconcile_every=1) as worker:
        eventually(lambda: any(path.endswith(f"{20:026d}/Communications") for _, _, path in list(twilio.requests)), 10)
        os.kill(worker.children()[0], signal.SIGKILL)
        eventually(lambda: len(stored_events(sync_redis, KEYS)) >= len(lossy.told), 20)
        eventually(lambda: sync_redis.hget(KEYS.reconciliation, "last"), 10)
    stored = Counter(event.id for event in stored_events(sync_redis, KEYS))

    assert needed(lossy.told) == set(stored)
    assert {1} == set(stored.values())


def test_refused_credentials_stop_it_and_are_told_once(
    sync_redis: Redis, redis_url: str, twilio: FakeTwilio, tmp_path: Path
) -> None:
    """It looks again now and then, and goes on by itself."""
    twilio.fail("GET", status=401, body={"code": 20003, "message": "Authenticate"}, times=2)
    with running_worker(redis_url, twilio.url, tmp_path / "log", reconcile_every=1):
        eventually(lambda: b"reconcile.failed" in (sync_redis.lindex("raised", 0) or b""))
        eventually(lambda: listings(twilio) > 3, 10)

    assert 1 == sync_redis.llen("raised")


def test_being_asked_to_slow_down_is_heeded(
    sync_redis: Redis, redis_url: str, twilio: FakeTwilio, tmp_path: Path
) -> None:
    """The pass comes back when Twilio says, and is not given up."""
    twilio.fail("GET", status=429, headers={"Retry-After": "40"})
    with running_worker(redis_url, twilio.url, tmp_path / "log", reconcile_every=1):
        job = eventually(lambda: live(sync_redis))
        eventually(lambda: sync_redis.hget(KEYS.job(job), "last_error"))
        due = sync_redis.zscore(KEYS.jobs_due, job)
        seconds, _ = sync_redis.time()

    assert 1 == listings(twilio)
    assert due is not None
    assert due / 1000 - seconds > 30
