"""The replay job on a real Redis: what goes, what does not, and what a crash changes: nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from service.endpoints.endpoint import Disabled
from service.events.replay import Only, replay_of
from service.store.replays import Accepted, Occupied
from tests.eventually import eventually
from tests.history import conversation_updated
from tests.inbound_traffic import reported, said, sid
from tests.job_steps import Work
from tests.replay_steps import Replays, runs, slice_of, waiting
from workers.delivery.outcome import Dead, Retry
from workers.jobs import replaying
from workers.jobs.executor import execute
from workers.jobs.outcomes import Done, RetryLater
from workers.jobs.replay import replay
from workers.jobs.rq_queue import describe


def test_what_was_missed_goes_once_more_and_nothing_else(past: Replays, work: Work) -> None:
    """Skipped and dead ones, oldest first; not what was delivered, what waits, and what is retried."""
    past.delivers(2)
    dead, skipped = past.dies(2), past.skips(3)
    past.comes_to(Retry(60, "no"), 1)
    pending = past.receives(2)
    known = past.counts()
    job_id = past.job(known.replay)

    assert {"communication.created": 5} == known.by_type
    assert ["done: 5 events put again"] == runs(work)
    assert [*pending, *skipped, *dead] == waiting(work, past)
    assert 0 == work.redis.zcard(past.keys.skipped(past.endpoint.id))
    assert 2 == work.redis.hlen(past.keys.dead(past.endpoint.id))
    assert ("done", 5) == (work.job(job_id).state, work.job(job_id).done)


def test_since_a_moment_everything_goes_once_more(past: Replays, work: Work) -> None:
    """Delivered ones too, and those from before the endpoint was made; not what waits, and not what comes later."""
    old = past.delivers(2)
    past.endpoint = past.history.registers()
    delivered, dead, skipped, pending = past.delivers(2), past.dies(1), past.skips(1), past.receives(1)
    known = past.counts(since_ms=0)
    later = past.receives(1)
    past.job(known.replay)

    assert 6 == known.replay.count
    assert ["done: 6 events put again"] == runs(work)
    assert [*pending, *later, *old, *delivered, *dead, *skipped] == waiting(work, past)


def test_words_from_the_other_source_are_no_gap(past: Replays, work: Work) -> None:
    """What the endpoint got from a call's other source is not put again, and is nobody's predecessor."""
    call = sid("CA")
    own, other = {"words": "captured"}, {"words": "transcribed", "source": "transcription"}
    past.history.receives(
        said("1", "conv_a", call, **own),
        reported("2", call, kind="transcription.content", **other),
        said("3", "conv_a", call, **own),
    )
    past.history.routes()
    past.attempts()
    past.job(past.counts(only="all", since_ms=0).replay)
    runs(work)

    assert [("evt_1", "0"), ("evt_3", "1")] == [
        (claim.event_id, claim.previous) for claim in past.history.takes(past.endpoint, 10)
    ]


@pytest.mark.parametrize(("only", "found"), [("missed", 1), ("all", 2), (None, 2)])
def test_a_moment_leaves_out_what_is_older(past: Replays, work: Work, only: Only | None, found: int) -> None:
    """By when the event was stored; only=missed keeps to what was missed."""
    past.delivers(1)
    past.skips(1)
    entries: Any = work.redis.xrange(past.keys.events)
    moment = int(entries[-1][0].partition(b"-")[0]) + 1
    eventually(lambda: int(work.redis.time()[0] * 1000 + work.redis.time()[1] / 1000) > moment)
    past.delivers(1)
    past.skips(1)

    assert found == past.counts(only=only, since_ms=moment).replay.count


def test_types_are_the_endpoints_own_or_those_that_are_named(past: Replays) -> None:
    """Patterns too."""
    past.history.receives(conversation_updated("ACTIVE", 0))
    past.delivers(2)
    past.endpoint = past.history.registers("conversation.*")

    assert {"conversation.updated": 1} == past.counts(only="all").by_type
    assert {"communication.created": 2} == past.counts("communication.*", only="all").by_type
    assert {"communication.created": 2, "conversation.updated": 1} == past.counts("*", only="all").by_type
    assert {} == past.counts("conversation.closed", only="all").by_type


def test_dead_ones_that_the_log_has_lost_go_too(past: Replays, work: Work) -> None:
    """They own a copy; whatever the kind of replay."""
    dead = past.dies(2)
    work.redis.xtrim(past.keys.events, maxlen=0)
    past.job(past.counts(only="all").replay)

    assert ["done: 2 events put again"] == runs(work)
    assert dead == waiting(work, past)


class KilledError(BaseException):
    """What SIGKILL leaves: nothing more is done."""


def killed(work: Work) -> None:
    """Begin the one job that is due, and die right after the first events were put, before that is noted."""
    (claim,) = work.context.ledger.claim().claims
    job = work.context.ledger.start(claim.job_id, claim.dispatch, "w0")
    assert job
    looks = iter((True,))

    def note(cursor: str, done: int) -> bool:
        if not next(looks, False):
            raise KilledError
        return work.context.ledger.progress(job, cursor, done)

    with pytest.raises(KilledError):
        replay(work.context.redis_url, work.keys, job, note, 0.0)
    # As long ago as a lease lasts.
    work.redis.zadd(work.keys.jobs_leases, {job.id: 1})
    work.context.ledger.sweep()


@pytest.mark.parametrize("only", ["missed", "all"])
@pytest.mark.parametrize("delivered", [True, False])
def test_nothing_is_lost_or_doubled_by_a_death_between_putting_and_noting(
    past: Replays, work: Work, monkeypatch: pytest.MonkeyPatch, only: Only, *, delivered: bool
) -> None:
    """Whether what was put has arrived meanwhile or still waits."""
    monkeypatch.setattr(replaying, "SLICE", 0.3)
    missed = [*past.skips(20), *past.dies(4)]
    job_id = past.job(past.counts(only=only).replay)
    killed(work)
    arrived = past.attempts() if delivered else []
    first = len(arrived) or len(waiting(work, past))
    while claims := work.context.ledger.claim().claims:
        execute(work.context, claims[0].job_id, claims[0].dispatch)
        arrived += past.attempts()
    arrived += past.attempts()

    assert 0 < first < 24
    assert sorted(missed) == sorted(arrived)
    assert "done" == work.job(job_id).state


def test_what_has_died_again_is_not_taken_for_what_was_missed(
    past: Replays, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay ends, also where the subscriber refuses everything once more; and what died can be replayed again."""
    monkeypatch.setattr(replaying, "SLICE", 0.1)
    past.dies(30)
    past.job(past.counts().replay)

    assert "done: 30 events put again" == runs(work, lambda: past.attempts(Dead("gone")))[-1]
    assert {"communication.created": 30} == past.counts().by_type


def test_a_worker_that_has_lost_its_lease_puts_nothing(past: Replays, work: Work) -> None:
    """It finds out before it puts anything."""
    past.skips(2)
    job_id = past.job(past.counts().replay)

    assert isinstance(slice_of(work, job_id, False), RetryLater)  # noqa: FBT003 - as `ours` says
    assert [] == waiting(work, past)
    assert slice_of(work, job_id) == Done("2 events put again")


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (lambda past: past.history.alters(past.endpoint, disabled=Disabled("gone", 1)), "disabled"),
        (lambda past: past.history.removes(past.endpoint), "removed"),
    ],
)
def test_a_replay_ends_with_its_endpoint(
    past: Replays, work: Work, end: Callable[[Replays], object], reason: str
) -> None:
    """Disabled or removed; what was not put stays missed."""
    past.skips(2)
    job_id = past.job(past.counts().replay)
    end(past)

    assert [f"cancelled: the endpoint was {reason} after 0 events"] == runs(work)
    assert "cancelled" == work.job(job_id).state


def test_one_replay_at_a_time(past: Replays, work: Work) -> None:
    """The same request joins; another is told who is in the way; after the end there is room again."""
    past.skips(1)
    same, other = past.counts(), past.counts(only="all")
    first = past.begins(same.replay)
    assert isinstance(first, Accepted)

    assert Accepted(first.job_id, joined=True) == past.begins(past.counts().replay)
    assert Occupied(first.job_id) == past.begins(other.replay)
    runs(work)
    again = past.begins(other.replay)
    assert isinstance(again, Accepted)
    assert (False, True) == (again.joined, again.job_id != first.job_id)


def test_people_can_read_what_is_going_on(past: Replays, work: Work) -> None:
    """In RQ's own tools."""
    past.skips(2)
    past.job(past.counts().replay)
    (claim,) = work.context.ledger.claim().claims

    assert f"replay 2 events to {past.endpoint.id}" == describe(claim)


def test_a_redis_that_fails_is_no_surprise(past: Replays, work: Work, redis_url: str) -> None:
    """The slice is tried again."""
    past.skips(1)
    job_id = past.job(past.counts().replay)
    nowhere = replay(f"{redis_url}.none", past.keys, work.job(job_id), lambda *_: True, 0.0)

    assert RetryLater(8.0, "Redis failed: ConnectionError") == nowhere
    assert 1 == replay_of(work.job(job_id).arguments).count
