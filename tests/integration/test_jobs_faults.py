"""The close job when something fails: Twilio, its credentials, the lease, Redis, or what nobody foresaw."""

import threading

import httpx
import pytest

from service.store.jobs import Job
from tests.fake_twilio import FakeTwilio
from tests.job_steps import CONVERSATION, Work, working
from tests.real_redis import RealRedis
from workers.jobs.executor import GivenUpError, execute, record
from workers.jobs.outcomes import Done


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_fault_is_tried_again_later(work: Work, twilio: FakeTwilio, method: str, status: int) -> None:
    """The job waits for its step or for what Twilio asks, whichever is longer."""
    twilio.fail(method, status=status, headers={"Retry-After": "40"})
    job = work.begin()

    assert execute(work.context, job.id, 1).startswith(f"waiting: {status}")
    assert ("waiting", 1) == (work.job(job.id).state, work.job(job.id).failures)
    wait = work.context.ledger.claim().wait
    assert wait is not None
    assert 39 < wait <= 40


def test_a_close_whose_answer_is_lost_is_not_repeated(work: Work, twilio: FakeTwilio) -> None:
    """The next attempt looks first, and finds the conversation closed."""
    twilio.fail("PATCH", hold=0.6, after_effect=True)
    job = work.begin()

    assert "waiting: no answer ReadTimeout" == execute(work.context, job.id, 1)
    work.make_due(job)
    assert 2 == work.dispatch().dispatch
    assert "done: already closed" == execute(work.context, job.id, 2)
    assert 1 == twilio.patches[CONVERSATION]


def test_a_conversation_that_does_not_exist_is_dead(work: Work, twilio: FakeTwilio) -> None:
    """Nothing can be closed; RQ lists the job among its failed ones, and it will be told of."""
    twilio.conversations.clear()
    job = work.begin()

    with pytest.raises(GivenUpError, match="404 code 20404"):
        execute(work.context, job.id, 1)
    assert "dead" == work.job(job.id).state
    assert [job.id] == [told.id for told in work.context.ledger.unannounced()]


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_stop_the_kind(work: Work, twilio: FakeTwilio, status: int) -> None:
    """Trying again cannot help: the job waits for a probe, without a failure to its name."""
    twilio.fail("GET", status=status, body={"code": 20003, "message": "Authenticate"})
    job = work.begin()

    with pytest.raises(GivenUpError, match=f"{status} code 20003"):
        execute(work.context, job.id, 1)
    assert ("waiting", 0) == (work.job(job.id).state, work.job(job.id).failures)
    assert () == work.context.ledger.claim().claims


def test_six_failures_are_waited_out_and_the_seventh_is_the_end(work: Work, twilio: FakeTwilio) -> None:
    """The schedule has an end."""
    twilio.fail("GET", status=503, times=7)
    job = work.begin()

    for number in range(1, 7):
        execute(work.context, job.id, number)
        work.make_due(job)
        work.dispatch()
    with pytest.raises(GivenUpError, match="given up after 7 attempts: 503"):
        execute(work.context, job.id, 7)
    assert "dead" == work.job(job.id).state


def test_who_has_lost_the_job_closes_nothing(work: Work, twilio: FakeTwilio) -> None:
    """A worker that stalled between its look and the close finds the lease gone."""
    job = work.begin()
    twilio.fail("GET", path_ends="/Communications", hold=0.1)
    thief = threading.Timer(0.05, take_over, (work, job))
    thief.start()

    assert execute(work.context, job.id, 1).startswith("stale: ")
    thief.join()
    assert 0 == twilio.patches[CONVERSATION]


def take_over(work: Work, job: Job) -> None:
    """Give the job another dispatch number, as sweep and claim would."""
    work.redis.hset(work.keys.job(job.id), mapping={"dispatch": 2, "state": "queued"})


def test_what_cannot_be_understood_cancels(work: Work, twilio: FakeTwilio) -> None:
    """Closing is final, so traffic that tells neither its id nor its time counts as new."""
    twilio.communications[CONVERSATION] = [{"id": 7}]
    job = work.begin()

    execute(work.context, job.id, 1)
    assert "cancelled" == work.job(job.id).state


def test_a_surprise_is_tried_again(redis_url: str) -> None:
    """An error that nobody foresaw costs an attempt and not the job."""

    def surprise(_: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError

    http = httpx.Client(base_url="http://twilio.example", transport=httpx.MockTransport(surprise))
    with working(redis_url, http) as work:
        job = work.begin()

        assert "waiting: surprised by ZeroDivisionError" == execute(work.context, job.id, 1)


def test_an_unknown_kind_waits_for_a_worker_that_knows_it(work: Work, twilio: FakeTwilio) -> None:
    """Two versions may run side by side."""
    job = work.begin()
    work.redis.hset(work.keys.job(job.id), "kind", "telepathy")

    assert "waiting: this worker knows no kind telepathy" == execute(work.context, job.id, 1)
    assert [] == twilio.requests


def test_what_is_done_is_recorded_once_redis_is_back(own_redis: RealRedis) -> None:
    """A restart of Redis between effect and record costs seconds."""
    with working(own_redis.url, httpx.Client(), 10.0) as work:
        job = work.context.ledger.start(work.begin().id, 1, "w0")
        assert job
        own_redis.kill()
        restart = threading.Timer(0.3, own_redis.start)
        restart.start()

        assert "done" == record(work.context, job, Done("closed"))
        restart.join()
