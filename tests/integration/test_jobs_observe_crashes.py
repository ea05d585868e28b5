"""Whenever a worker dies, every word is remembered exactly once: Memory shows late, and takes no idempotency key."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from tests.eventually import eventually
from tests.fake_memory import FakeMemory
from tests.fake_twilio import FakeTwilio
from tests.job_steps import CONVERSATION
from tests.observe_steps import PROFILE, Observed, at, observing
from tests.real_redis import RealRedis
from tests.worker_process import running_worker
from workers.jobs.executor import execute

MOST_STEPS = 14
"""Scripts and requests of an attempt in which a worker may die."""


class Killed(BaseException):
    """What SIGKILL is to a process, in one that has to go on: nothing of ours catches it."""


class Mortal:
    """Counts scripts and requests, before and after their effect, and dies at one of them."""

    def __init__(self) -> None:
        self.left: int | None = None

    def step(self, *_: object) -> None:
        """Die, if it is time."""
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Killed


class MortalRedis(Redis):
    """A client whose process dies before or after a script."""

    mortal: Mortal

    def execute_command(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - redis-py's own
        """Pass a command on."""
        if not str(args[0]).startswith("EVAL"):
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        self.mortal.step()
        found = super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        self.mortal.step()
        return found


def attempt(case: Observed, mortal: Mortal, steps: int | None) -> None:
    """Run the job if there is one, and let its worker die after so many steps."""
    if not case.waits():
        return
    job = case.dispatch()
    mortal.left = steps
    try:
        execute(case.context, job.id, job.dispatch)
    except Killed:
        # The lease runs out. A job that had so many deaths would be buried, which is not what is tested here.
        case.redis.zadd(case.keys.jobs_leases, {job.id: 0})
        case.redis.hset(case.keys.job(job.id), "deaths", 0)
        case.context.ledger.sweep()
    finally:
        mortal.left = None


@contextmanager
def mortal_case(server: RealRedis, twilio: FakeTwilio, memory: FakeMemory) -> Iterator[tuple[Observed, Mortal]]:
    """Return an empty world, and what its worker may die of."""
    mortal = Mortal()
    hooks = {"request": [mortal.step], "response": [mortal.step]}
    twilio.forget()
    twilio.converse(CONVERSATION)
    memory.forget()
    with MortalRedis.from_url(server.url, protocol=2) as redis:
        redis.mortal = mortal
        redis.flushall()
        with observing(redis, twilio, memory, event_hooks=hooks) as case:
            yield case, mortal


def finish(case: Observed, mortal: Mortal) -> None:
    """Let time pass, and workers live, until nothing waits."""
    for _ in range(20):
        if case.waits():
            case.a_minute_passes()
            attempt(case, mortal, None)
    assert not case.waits()


@pytest.mark.parametrize("steps", range(MOST_STEPS + 2))
def test_a_death_at_any_step_leaves_each_text_exactly_once(
    redis_server: RealRedis, twilio_server: FakeTwilio, memory_server: FakeMemory, steps: int
) -> None:
    """Before or after any script and any request, that one with the words among them."""
    with mortal_case(redis_server, twilio_server, memory_server) as (case, mortal):
        case.say("Hello.", at(0))
        case.say("Is my order on the way?", at(10))
        attempt(case, mortal, steps)
        case.say("It is number 4417.", at(20))
        finish(case, mortal)

    texts = ("Hello.", "Is my order on the way?", "It is number 4417.")
    assert {(PROFILE, text): 1 for text in texts} == memory_server.times_written


DEATHS = st.one_of(st.integers(min_value=0, max_value=MOST_STEPS), st.integers(min_value=9, max_value=MOST_STEPS))
ACTIONS = st.one_of(DEATHS, DEATHS, st.just("say"), st.just("a minute"), st.just("show"))


@settings(max_examples=40, deadline=None)
@given(story=st.lists(ACTIONS, min_size=2, max_size=10), many=st.integers(min_value=1, max_value=13))
def test_any_deaths_leave_each_text_exactly_once(
    redis_server: RealRedis, twilio_server: FakeTwilio, memory_server: FakeMemory, story: list[str | int], many: int
) -> None:
    """Worker after worker dies, while more is said and Memory shows late."""
    with mortal_case(redis_server, twilio_server, memory_server) as (case, mortal):
        for action in [*["say"] * many, *story]:
            if action == "say":
                case.say(f"Sentence {case.number}.", at(case.number * 10))
            elif action == "a minute":
                case.a_minute_passes()
            elif action == "show":
                memory_server.show()
            else:
                attempt(case, mortal, int(action))
        finish(case, mortal)

    assert {(PROFILE, f"Sentence {number}."): 1 for number in range(case.number)} == memory_server.times_written


def test_a_worker_killed_between_writing_and_noting_it_doubles_nothing(
    sync_redis: Redis, twilio: FakeTwilio, memory: FakeMemory, redis_url: str, tmp_path: Path
) -> None:
    """SIGKILL of the real process while Twilio has the words and no answer has come; the next one looks first."""
    memory.fail("POST", hold=5.0, after_effect=True)
    with observing(sync_redis, twilio, memory) as case:
        sync_redis.zrem(case.keys.jobs_workers, "w0")
        case.say("Is my order on the way?")
        more: dict[str, Any] = {"twilio_memory_url": memory.url}
        with running_worker(redis_url, twilio.url, tmp_path / "log", **more) as worker:
            eventually(lambda: memory.written, 10)
            os.kill(worker.children()[0], signal.SIGKILL)
            eventually(lambda: [line for line in worker.said("job.continued") if line["kind"] == "observe"], 15)
            case.a_minute_passes()
            sync_redis.zadd(case.keys.jobs_due, {"gather-evt_1": 0}, xx=True)

            eventually(lambda: b"done" == sync_redis.hget(case.keys.job("gather-evt_1"), "state"), 15)
    assert {(PROFILE, "Is my order on the way?"): 1} == memory.times_written
    assert 1 == len(memory.posts)
