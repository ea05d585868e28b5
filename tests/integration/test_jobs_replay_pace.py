"""The pace of the replay job on a real Redis: behind live traffic, other jobs and a paused endpoint."""

import pytest

from tests.job_steps import Work
from tests.replay_steps import Replays, runs, slice_of, waiting
from workers.jobs import replaying
from workers.jobs.outcomes import Continue


def test_live_events_find_a_short_queue(past: Replays, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two deliveries wait for each slot and no more; what was put is counted, and the next slice goes on from there."""
    monkeypatch.setattr(replaying, "SLICE", 0.3)
    skipped = past.skips(40)
    job_id = past.job(past.counts().replay)
    first = slice_of(work, job_id)

    assert Continue(0.0, "16 events of 40 so far") == first
    assert skipped[:16] == waiting(work, past)


def test_a_paused_endpoint_holds_no_worker(past: Replays, work: Work) -> None:
    """Where enough waits for its next probe, the slice ends, and the next comes after that."""
    past.receives(20)
    past.skips(1)
    job_id = past.job(past.counts().replay)
    seconds, _ = work.redis.time()
    work.redis.zadd(past.keys.paused, {past.endpoint.id: (seconds + 20) * 1000})
    outcome = slice_of(work, job_id)

    assert isinstance(outcome, Continue)
    assert 15 < outcome.after <= 20


def test_a_slice_gives_way_to_other_jobs(past: Replays, work: Work) -> None:
    """Within a second, although it could go on for five."""
    past.receives(20)
    past.skips(1)
    job_id = past.job(past.counts().replay)
    # Its own is due, and nobody has taken it: as another's would be.
    began = work.redis.time()
    outcome = slice_of(work, job_id)
    ended = work.redis.time()

    assert isinstance(outcome, Continue)
    assert 1.0 > ended[0] + ended[1] / 1e6 - began[0] - began[1] / 1e6


def test_the_rate_holds_across_slices(past: Replays, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten a second for three tenths of a second are three events at most."""
    monkeypatch.setattr(replaying, "SLICE", 0.35)
    past.skips(10)
    job_id = past.job(past.counts(rate=10).replay)
    slice_of(work, job_id)

    assert 2 <= len(waiting(work, past)) <= 3


def test_going_on_is_no_failure(past: Replays, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many slices, one job: it ends done, without a failure, and with all of it put."""
    monkeypatch.setattr(replaying, "SLICE", 0.1)
    missed = past.skips(40)
    job_id = past.job(past.counts().replay)
    arrived: list[str] = []
    said = runs(work, lambda: arrived.extend(past.attempts()))
    job = work.job(job_id)

    assert missed == arrived
    assert ("done: 40 events put again", "done", 0, 40) == (said[-1], job.state, job.failures, job.done)
    assert len(said) == job.attempts > 2
