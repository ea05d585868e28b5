"""The ledger's scripts on a real Redis: who gets work, who keeps it, and what comes back."""

import time

import pytest
from redis import Redis

from service.store.job_ledger import JobLedger, JobTimes
from service.store.keys import Keys
from tests.eventually import eventually
from tests.job_steps import QUICK, RETENTION, admit_all, intend, start, started
from workers.jobs.dispatcher import failure
from workers.jobs.lease import LeaseKeeper

LATE = "2026-11-20T15:00:00.000000Z"


def state(ledger: JobLedger, job_id: str = "close-evt_1") -> str:
    """Return the state of a job."""
    job = ledger.read(job_id)
    assert job
    return job.state


def test_only_as_much_is_claimed_as_workers_are_free(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """What waits, waits in the ledger and not in RQ."""
    for number in range(6):
        intend(sync_redis, keys, number, conversation=f"conv_{number}")
    admit_all(sync_redis, keys, ledger)

    due = ledger.claim()
    assert (4, 0.0) == (len(due.claims), due.wait)
    assert 0 == len(ledger.claim().claims)
    job = ledger.start(due.claims[0].job_id, 1, "w0")
    assert job
    ledger.record(job, "done", "closed")
    assert 1 == len(ledger.claim().claims)


def test_silent_workers_get_no_work(sync_redis: Redis, keys: Keys) -> None:
    """Without a heartbeat there is no free worker."""
    ledger = JobLedger(sync_redis, keys, JobTimes(silence=0.05), RETENTION)
    ledger.beat("w0")
    intend(sync_redis, keys)
    admit_all(sync_redis, keys, ledger)
    eventually(lambda: sync_redis.zcount(keys.jobs_workers, "-inf", time.time() * 1000 - 60))

    assert () == ledger.claim().claims


def test_a_retry_waits_for_its_time(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """The next attempt is due after the delay, with the failure counted."""
    job = started(sync_redis, keys, ledger)

    assert "waiting" == ledger.record(job, "retry", "429", 0.1)
    due = ledger.claim()
    assert due.claims == ()
    assert due.wait is not None
    assert 0 < due.wait <= 0.1
    (claim,) = eventually(lambda: ledger.claim().claims)
    again = ledger.start(claim.job_id, claim.dispatch, "w1")
    assert again
    assert (2, 2, 1, "429") == (again.dispatch, again.attempts, again.failures, again.last_error)


def test_an_older_dispatch_writes_nothing(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """Whoever stalled through its lease neither starts, renews nor records."""
    stalled = started(sync_redis, keys, ledger)
    eventually(ledger.sweep)
    current = start(ledger)

    assert 2 == current.dispatch
    assert None is ledger.start(stalled.id, stalled.dispatch, "w0")
    assert not ledger.renew(stalled.id, stalled.dispatch)
    assert "stale" == ledger.record(stalled, "done", "closed")
    assert "running" == state(ledger)
    assert "done" == ledger.record(current, "done", "closed")
    assert "stale" == ledger.record(current, "dead", "again")


def test_starting_twice_is_safe_for_the_same_worker_only(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """A lost reply is asked for again; another worker with the same dispatch is refused."""
    job = started(sync_redis, keys, ledger)

    again = ledger.start(job.id, job.dispatch, "w0")
    assert again
    assert 1 == again.attempts
    assert None is ledger.start(job.id, job.dispatch, "w1")


def test_a_renewed_lease_is_not_swept(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """A worker keeps what it renews, for as long as it likes."""
    job = started(sync_redis, keys, ledger)
    until = time.monotonic() + 3 * QUICK.lease
    while time.monotonic() < until:
        assert ledger.renew(job.id, job.dispatch)
        assert () == ledger.sweep()
        time.sleep(QUICK.lease / 5)

    assert "running" == state(ledger)


@pytest.mark.parametrize(("longest", "state"), [(60.0, "running"), (0.3, "waiting")])
def test_a_hung_job_is_not_kept_for_ever(
    sync_redis: Redis, keys: Keys, ledger: JobLedger, longest: float, state: str
) -> None:
    """A process whose thread still renews while its job hangs loses the job in the end."""
    job = started(sync_redis, keys, ledger)
    keeper = LeaseKeeper(ledger, "w0", 0.02, longest)
    keeper.start()
    with keeper.hold(job.id, job.dispatch):
        until = time.monotonic() + 0.7
        while time.monotonic() < until:
            ledger.sweep()
            time.sleep(0.02)
        found = ledger.read(job.id)
    keeper.stop()

    assert found
    assert state == found.state


def test_a_job_lost_in_rq_comes_back_and_counts_no_death(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """What was dispatched and never started has killed nobody."""
    intend(sync_redis, keys)
    admit_all(sync_redis, keys, ledger)
    ledger.claim()

    (swept,) = eventually(ledger.sweep)
    assert (0, False) == (swept.deaths, swept.dead)
    assert 2 == start(ledger).dispatch


def test_three_deaths_are_one_too_many(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """A poisoned job ends dead, listed and told of, and its conversation is free for another."""
    intend(sync_redis, keys)
    admit_all(sync_redis, keys, ledger)
    fates = []
    for _ in range(3):
        start(ledger)
        fates += [(swept.deaths, swept.dead) for swept in eventually(ledger.sweep)]

    assert [(1, False), (2, False), (3, True)] == fates
    assert [b"close-evt_1"] == sync_redis.zrange(keys.jobs_dead, 0, -1)
    (job,) = ledger.unannounced()
    assert "crash_loop: 3 workers died with it" == failure(job)["reason"]
    ledger.announced(job.id)
    assert () == ledger.unannounced()
    assert not sync_redis.exists(keys.conversation_close("conv_1"))


def test_a_stopped_kind_lets_one_probe_through_and_goes_on_after_it(
    sync_redis: Redis, keys: Keys, ledger: JobLedger
) -> None:
    """Refused credentials hold the whole kind, and one success frees it at once."""
    job = started(sync_redis, keys, ledger)
    for number in (2, 3):
        intend(sync_redis, keys, number, conversation=f"conv_{number}")
    admit_all(sync_redis, keys, ledger)

    assert "waiting" == ledger.record(job, "stop", "401")
    assert () == ledger.claim().claims
    (probe,) = eventually(lambda: ledger.claim().claims)
    first = ledger.start(probe.job_id, probe.dispatch, "w0")
    assert first
    ledger.record(first, "stop", "401")
    (probe,) = eventually(lambda: ledger.claim().claims)
    second = ledger.start(probe.job_id, probe.dispatch, "w0")
    assert second
    ledger.record(second, "done", "closed")
    assert 2 == len(ledger.claim().claims)
    assert not sync_redis.exists(keys.jobs_stopped)
    assert 0 == second.failures
    assert 1 == len(ledger.unannounced())


def test_a_stopped_kind_without_waiting_jobs_takes_the_next_as_its_probe(
    sync_redis: Redis, keys: Keys, ledger: JobLedger
) -> None:
    """A stop does not outlive its pause when nothing is parked."""
    job = started(sync_redis, keys, ledger)
    ledger.record(job, "stop", "401")
    (probe,) = eventually(lambda: ledger.claim().claims)
    held = ledger.start(probe.job_id, probe.dispatch, "w0")
    assert held
    ledger.record(held, "retry", "503", 0.0)

    assert 1 == len(eventually(lambda: ledger.claim().claims))
