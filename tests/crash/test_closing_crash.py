"""A thousand conversations to close while Twilio fails and workers die: each that should be is closed, and no other."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from service.store.keys import Keys
from tests.eventually import eventually
from tests.fake_twilio import FakeTwilio, Fault, running_fake_twilio
from tests.job_steps import AFTER, BEFORE, intend_to_close
from tests.real_redis import RealRedis
from tests.worker_process import WorkerProcess, running_worker

KEYS = Keys()
CONVERSATIONS, ALIVE = 1000, 20
"""How many there are; each so-manyth has traffic after the decision."""
FAULTS = 0.05
KILL_EVERY = 5.0
RESUMED = 30.0
"""Seconds within which something is closed after each kill."""
LONGEST_WAIT = 40.0
"""Seconds of the longest wait for another attempt that is waited out."""
PATIENCE = 300.0


class Weather:
    """One request in twenty fails: 429, 500, or its answer is lost after the effect. `lost` counts such PATCHes."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a test's own dice
        self.lost = 0

    def __call__(self, method: str) -> Fault | None:
        """Return what goes wrong with a request."""
        if self._random.random() >= FAULTS:
            return None
        kind = self._random.choice(("429", "500", "lost"))
        self.lost += kind == "lost" and method == "PATCH"
        return Fault(method, lost=True) if kind == "lost" else Fault(method, status=int(kind))


@contextmanager
def killing(worker: WorkerProcess) -> Iterator[list[float]]:
    """Kill a process of the worker every few seconds until the block ends."""
    ended, kills = threading.Event(), []

    def kill() -> None:
        while not ended.wait(KILL_EVERY):
            children = worker.children()
            if children:
                kills.append(float(children[0]))
                os.kill(children[0], signal.SIGKILL)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    try:
        yield kills
    finally:
        ended.set()
        thread.join()


def states(redis: Redis) -> Counter[str | None]:
    """Return how many jobs are in which state."""
    pipeline = redis.pipeline(transaction=False)
    for number in range(CONVERSATIONS):
        pipeline.hget(KEYS.job(f"close-evt_{number}"), "state")
    return Counter(pipeline.execute())


@pytest.mark.parametrize("seed", [1])
def test_each_that_should_be_closed_is_closed_and_no_other(own_redis: RealRedis, tmp_path: Path, seed: int) -> None:
    """By one PATCH unless its answer was lost or its worker killed; traffic that could be seen is never closed over."""
    weather = Weather(seed)
    with running_fake_twilio() as twilio, own_redis.client() as redis:
        alive = _begun(redis, twilio)
        twilio.weather = weather
        with (
            running_worker(own_redis.url, twilio.url, tmp_path / "log", times={}, processes=4) as worker,
            killing(worker) as kills,
        ):
            eventually(lambda: _ended(redis), PATIENCE, every=0.5)
        closings, patches, at = dict(twilio.closings), Counter(twilio.patches), twilio.asked("PATCH")
        found = states(redis)

    again = sum(number - 1 for number in patches.values())
    # At the end only those are left that wait for their next attempt.
    gaps = [later - earlier for earlier, later in pairwise(at[: CONVERSATIONS * 3 // 4])]
    print(f"{len(kills)} kills, {weather.lost} answers lost, {again} PATCHes again, longest gap {max(gaps):.1f} s")  # noqa: T201 - a measurement
    assert {"done": CONVERSATIONS - len(alive), "cancelled": len(alive)} == found
    assert CONVERSATIONS - len(alive) == len(closings) == sum(closings.values())
    assert set() == alive & patches.keys()
    assert max(gaps) < RESUMED


def _begun(redis: Redis, twilio: FakeTwilio) -> set[str]:
    """Decide that all be closed, and return those in which somebody has spoken since."""
    alive = set()
    for number in range(CONVERSATIONS):
        conversation = intend_to_close(redis, twilio, number)
        twilio.say(conversation, BEFORE)
        if number % ALIVE == 0:
            twilio.say(conversation, AFTER)
            alive.add(conversation)
    return alive


def _ended(redis: Redis) -> bool:
    """Return whether all jobs have ended; who failed twice waits two minutes and more, which would prove nothing."""
    waiting: Any = redis.zrange(KEYS.jobs_due, 0, -1, withscores=True)
    for job_id, due in waiting:
        if due > (time.time() + LONGEST_WAIT) * 1000:
            redis.zadd(KEYS.jobs_due, {job_id: 0}, xx=True)
    found = states(redis)
    return found["done"] + found["cancelled"] + found["dead"] == CONVERSATIONS
