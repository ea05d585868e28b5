"""What a crash costs the jobs, with the times of production: seconds, never a job, and no conversation twice."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from redis import Redis

from service.store.keys import Keys
from tests.eventually import eventually
from tests.fake_twilio import FakeTwilio, running_fake_twilio
from tests.job_steps import intend_to_close
from tests.real_redis import RealRedis
from tests.worker_process import running_worker

KEYS = Keys()
RESUMED = 30.0
"""Seconds within which work goes on after the death of a process."""
RECONNECTED = 15.0
"""Seconds within which it does after Redis is back."""


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    """A Twilio of the test's own."""
    with running_fake_twilio() as twilio:
        yield twilio


def all_ended(redis: Redis, count: int) -> Callable[[], bool]:
    """Return what says whether so many jobs are done, and none waits any more."""

    def ended() -> bool:
        states = [redis.hget(KEYS.job(f"close-evt_{number}"), "state") for number in range(count)]
        return states == ["done"] * count and not redis.zcard(KEYS.jobs_leases) and not redis.zcard(KEYS.jobs_due)

    return ended


def closed(twilio: FakeTwilio, conversation: str) -> Callable[[], bool]:
    """Return what says whether a conversation was closed."""
    return lambda: twilio.closings[conversation] > 0


def more_than(twilio: FakeTwilio, number: int) -> Callable[[], bool]:
    """Return what says whether more than so many PATCHes have come."""
    return lambda: len(twilio.asked("PATCH")) > number


def test_a_killed_process_costs_at_most_half_a_minute(own_redis: RealRedis, twilio: FakeTwilio, tmp_path: Path) -> None:
    """SIGKILL in the middle of the close."""
    twilio.fail("PATCH", hold=5.0, after_effect=True)
    with running_worker(own_redis.url, twilio.url, tmp_path / "log", times={}) as worker, own_redis.client() as redis:
        conversation = intend_to_close(redis, twilio, 0)
        eventually(closed(twilio, conversation))
        os.kill(worker.children()[0], signal.SIGKILL)

        eventually(all_ended(redis, 1), RESUMED)

    assert {conversation: 1} == dict(twilio.patches)


def test_a_killed_parent_costs_at_most_half_a_minute(own_redis: RealRedis, twilio: FakeTwilio, tmp_path: Path) -> None:
    """SIGKILL of parent and processes at once; another worker is started."""
    twilio.fail("GET", hold=5.0)
    with own_redis.client() as redis:
        with running_worker(own_redis.url, twilio.url, tmp_path / "log", times={}) as worker:
            conversation = intend_to_close(redis, twilio, 0)
            eventually(lambda: twilio.asked("GET"))
            for pid in (worker.process.pid, *worker.children()):
                os.kill(pid, signal.SIGKILL)
        with running_worker(own_redis.url, twilio.url, tmp_path / "second", times={}):
            eventually(all_ended(redis, 1), RESUMED)

    assert {conversation: 1} == dict(twilio.patches)


def test_a_killed_redis_costs_a_quarter_of_a_minute(own_redis: RealRedis, twilio: FakeTwilio, tmp_path: Path) -> None:
    """SIGKILL of Redis amid work, twice, 8 s away at the second time; what was decided before and after is done."""
    with running_worker(own_redis.url, twilio.url, tmp_path / "log", times={}, processes=2) as worker:
        for number, away in enumerate((0.5, 8.0)):
            with own_redis.client() as redis:
                for job in range(20):
                    intend_to_close(redis, twilio, number * 40 + job)
            eventually(more_than(twilio, number * 40 + 5))
            own_redis.kill()
            time.sleep(away)
            own_redis.start()
            with own_redis.client() as redis:
                for job in range(20, 40):
                    intend_to_close(redis, twilio, number * 40 + job)
                began = time.monotonic()
                last = f"conv_conversation_{number * 40 + 39:026d}"
                eventually(closed(twilio, last), RECONNECTED)
                print(f"after {away} s without Redis: {time.monotonic() - began:.1f} s")  # noqa: T201 - a measurement
                eventually(all_ended(redis, number * 40 + 40), RESUMED)
        assert 0 == worker.end(20)

    assert 80 == len(twilio.closings)
    assert {1} == set(twilio.patches.values())


def test_nothing_is_lost_or_doubled_while_processes_keep_dying(
    own_redis: RealRedis, twilio: FakeTwilio, tmp_path: Path
) -> None:
    """Two workers on one Redis; their processes are killed in turn while 200 conversations are to be closed."""
    times = {"lease": 3.0, "renew": 0.5, "silence": 3.0}
    with ExitStack() as stack:
        first = stack.enter_context(running_worker(own_redis.url, twilio.url, tmp_path / "1", times=times, processes=2))
        second = stack.enter_context(
            running_worker(own_redis.url, twilio.url, tmp_path / "2", times=times, processes=2)
        )
        redis = stack.enter_context(own_redis.client())
        for number in range(200):
            intend_to_close(redis, twilio, number)
            if number % 40 == 20:
                os.kill((first if number % 80 == 20 else second).children()[0], signal.SIGKILL)
            time.sleep(0.03)

        eventually(all_ended(redis, 200), 2 * RESUMED)

    assert 200 == sum(twilio.closings.values())
    assert {1} == set(twilio.patches.values())
