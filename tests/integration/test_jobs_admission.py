"""Which wishes join which jobs, when a job is due, and who may close a conversation."""

import pytest
from redis import Redis

from service.store.job_ledger import JobLedger
from service.store.keys import Keys
from tests.job_steps import admit_all, intend, start, started

LATE = "2026-11-20T15:00:00.000000Z"
VOICE = '{"channel":"VOICE","channel_id":"CA1"}'
GUARDED = '{"unless_other_channels_active":true}'


def waits(ledger: JobLedger) -> int:
    """Return the whole seconds until the next job is due."""
    wait = ledger.claim().wait
    assert wait is not None
    return round(wait)


@pytest.mark.parametrize("fields", [{}, {"arguments": GUARDED}])
def test_a_delayed_job_is_due_so_long_after_its_intent(
    sync_redis: Redis, keys: Keys, ledger: JobLedger, fields: dict[str, str]
) -> None:
    """By the clock of Redis, whenever the intent is taken up."""
    intend(sync_redis, keys, delay="600", **fields)
    admit_all(sync_redis, keys, ledger)

    assert 600 == waits(ledger)


def test_a_job_whose_time_has_passed_unseen_is_due_at_once(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """The delay counts from the intent, not from when a worker was there to read it."""
    sync_redis.xadd(
        keys.intents,
        {"v": "1", "kind": "close", "job": "close-evt_1", "conversation": "conv_1", "at": LATE, "delay": "600"},
        id="1000-0",
    )
    admit_all(sync_redis, keys, ledger)

    assert "close-evt_1" == start(ledger).id


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ({}, {"rule": "other"}, True),
        ({"arguments": VOICE}, {"rule": "other"}, True),
        ({}, {"rule": "other", "delay": "60"}, False),
        ({"delay": "60"}, {"delay": "60"}, True),
        ({"delay": "60"}, {"delay": "60", "rule": "other"}, False),
        ({"arguments": GUARDED}, {"rule": "other"}, False),
        ({"arguments": GUARDED}, {"arguments": GUARDED}, True),
        ({"kind": "observe", "arguments": '{"author":"a"}'}, {"kind": "observe", "arguments": '{"author":"a"}'}, True),
        ({"kind": "observe", "arguments": '{"author":"a"}'}, {"kind": "observe", "arguments": '{"author":"b"}'}, False),
        ({"kind": "observe", "arguments": '{"when":"x"}'}, {"kind": "observe", "arguments": '{"when":"x"}'}, False),
        ({"kind": "observe", "arguments": '{"author":"a"}'}, {}, False),
    ],
)
def test_who_joins_whom(
    sync_redis: Redis,
    keys: Keys,
    ledger: JobLedger,
    one: dict[str, str],
    other: dict[str, str],
    joined: bool,  # noqa: FBT001
) -> None:
    """Closes that are due at once and want no more are one job; each rule that waits or wants more has its own."""
    intend(sync_redis, keys, 1, **one)
    intend(sync_redis, keys, 2, **other)
    jobs = admit_all(sync_redis, keys, ledger)

    assert ["close-evt_1", "close-evt_1" if joined else "close-evt_2"] == jobs


@pytest.mark.parametrize(("at", "seconds", "arguments"), [(LATE, 600, GUARDED), ("2026-11-20T13:00:00Z", 60, VOICE)])
def test_a_newer_decision_of_the_same_rule_counts(
    sync_redis: Redis, keys: Keys, ledger: JobLedger, at: str, seconds: int, arguments: str
) -> None:
    """It waits anew, and looks at what the newer event names; an older one that comes late changes nothing."""
    intend(sync_redis, keys, 1, delay="60", arguments=VOICE)
    intend(sync_redis, keys, 2, delay="600", arguments=GUARDED, at=at)
    admit_all(sync_redis, keys, ledger)
    job = ledger.read("close-evt_1")

    assert job
    assert (seconds, arguments) == (waits(ledger), job.arguments)


def test_two_jobs_of_one_conversation_take_turns(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """Both would find it open, and both close it: the second comes when the first has ended."""
    intend(sync_redis, keys, 1)
    intend(sync_redis, keys, 2, arguments=GUARDED)
    intend(sync_redis, keys, 3, conversation="conv_2")
    admit_all(sync_redis, keys, ledger)
    first, other = (ledger.start(claim.job_id, claim.dispatch, "w0") for claim in ledger.claim().claims)
    sync_redis.zadd(keys.jobs_due, {"close-evt_2": 0})
    meanwhile = ledger.claim().claims
    assert first
    ledger.record(first, "done", "closed")
    sync_redis.zadd(keys.jobs_due, {"close-evt_2": 0})

    assert ("close-evt_1", ()) == (first.id, meanwhile)
    assert other
    assert "close-evt_2" == start(ledger).id


def test_what_is_gathered_while_a_job_looks_is_looked_at_again(
    sync_redis: Redis, keys: Keys, ledger: JobLedger
) -> None:
    """Its author's next words may have come after the last look; those of a close do not matter any more."""
    about = {"kind": "observe", "arguments": '{"author":"a"}'}
    job = started(sync_redis, keys, ledger, **about)
    intend(sync_redis, keys, 2, **about)
    admit_all(sync_redis, keys, ledger)
    states = [ledger.record(job, "done", "observed"), ledger.record(start(ledger), "done", "observed")]

    assert ["waiting", "done"] == states


def test_a_job_is_found_by_its_conversation_and_by_its_event(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """The newest twenty of a conversation, and all of an event."""
    for number in range(25):
        intend(sync_redis, keys, number, event="evt_1", arguments=GUARDED, rule=str(number))
    admit_all(sync_redis, keys, ledger)

    assert 25 == sync_redis.scard(keys.event_jobs("evt_1"))
    assert b"close-evt_24" in sync_redis.zrange(keys.conversation_jobs("conv_1"), 0, -1)
    assert 20 == sync_redis.zcard(keys.conversation_jobs("conv_1"))
