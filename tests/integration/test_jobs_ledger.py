"""The ledger's scripts on a real Redis: what is fenced, what joins, what is swept."""

from datetime import UTC, datetime

import msgspec
import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from service.store.job_ledger import Claim, JobLedger, Verdict
from service.store.jobs import GROUP, Intent, Job, fetch_job, request_close
from service.store.keys import Keys
from tests.job_steps import DECIDED, RETENTION, admit_all, intend, start, started
from workers.jobs.intents import CONSUMER, Intents
from workers.jobs.rq_queue import describe

LATE = "2026-11-20T15:00:00.000000Z"


def state(ledger: JobLedger, job_id: str = "close-evt_1") -> str:
    """Return the state of a job."""
    job = ledger.read(job_id)
    assert job
    return job.state


def test_an_intent_becomes_a_due_job_and_is_gone(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """The move leaves one page in the ledger and nothing in the stream."""
    intend(sync_redis, keys)

    assert ["close-evt_1"] == admit_all(sync_redis, keys, ledger)
    assert 0 == sync_redis.xlen(keys.intents)
    assert 0 == sync_redis.xpending(keys.intents, GROUP)["pending"]
    assert (Claim("close-evt_1", 1, "close", "conv_1", "conversation.inactivated", ""),) == ledger.claim().claims


def test_an_intent_makes_one_job_however_often_it_is_read(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """Who comes second finds the intent taken and writes nothing; the same event again finds its job."""
    entry = intend(sync_redis, keys)
    intents = Intents(sync_redis, keys)
    intents.prepare()
    ((_, wanted),) = intents.wait(0.01)

    assert "close-evt_1" == ledger.admit(wanted, entry)
    assert "" == ledger.admit(wanted, entry)
    intend(sync_redis, keys)
    assert ["close-evt_1"] == admit_all(sync_redis, keys, ledger)
    assert 1 == sync_redis.zcard(keys.jobs_due)


def test_an_intent_left_behind_is_taken_over(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """A dispatcher that died between reading and taking loses nothing."""
    intents = Intents(sync_redis, keys)
    intents.prepare()
    entry = intend(sync_redis, keys)
    intents.wait(0.01)
    sync_redis.xclaim(keys.intents, GROUP, CONSUMER, 0, [entry], idle=60_000)

    ((found, wanted),) = intents.left_behind()
    assert (entry, "close-evt_1") == (found, wanted.job_id)
    assert "close-evt_1" == ledger.admit(wanted, found)
    assert [] == intents.left_behind()


@pytest.mark.parametrize(
    "fields", [{"v": "2"}, {"kind": ""}, {"conversation": ""}, {"job": ""}, {"job": "a:b"}, {"job": "x" * 201}]
)
def test_an_unreadable_intent_is_left_for_a_later_version(
    sync_redis: Redis, keys: Keys, fields: dict[str, str]
) -> None:
    """What this version cannot read stays in the stream."""
    intents = Intents(sync_redis, keys)
    intents.prepare()
    intend(sync_redis, keys, **fields)

    assert [] == intents.wait(0.01)
    assert 1 == sync_redis.xlen(keys.intents)


def test_an_intent_without_a_time_was_decided_when_it_was_written(sync_redis: Redis, keys: Keys) -> None:
    """An odd timestamp of a callback does not lose the job."""
    intents = Intents(sync_redis, keys)
    intents.prepare()
    entry = intend(sync_redis, keys, at="some day")

    ((_, wanted),) = intents.wait(0.01)
    written = datetime.fromtimestamp(int(entry.partition("-")[0]) / 1000, UTC)
    assert written == datetime.fromisoformat(wanted.decided_at)


def test_a_second_wish_joins_the_job_under_way(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """One job per conversation; it is judged by the newest decision, and the second's page says who does its work."""
    intend(sync_redis, keys, 1)
    intend(sync_redis, keys, 2, at=LATE)

    assert ["close-evt_1", "close-evt_1"] == admit_all(sync_redis, keys, ledger)
    first, second = ledger.read("close-evt_1"), ledger.read("close-evt_2")
    assert first
    assert second
    assert ("waiting", LATE) == (first.state, first.decided_at)
    assert ("joined", "close-evt_1") == (second.state, second.joined_to)
    assert 0 < sync_redis.ttl(keys.job("close-evt_2")) <= RETENTION
    assert 1 == sync_redis.zcard(keys.jobs_due)


@pytest.mark.parametrize("verdict", ["done", "cancelled", "dead"])
def test_a_job_that_ended_does_not_stand_in_the_way(
    sync_redis: Redis, keys: Keys, ledger: JobLedger, verdict: Verdict
) -> None:
    """The next wish makes a job of its own; the ended one stays for as long as events do."""
    job = started(sync_redis, keys, ledger)

    assert verdict == ledger.record(job, verdict, "why")
    intend(sync_redis, keys, 2)
    assert ["close-evt_2"] == admit_all(sync_redis, keys, ledger)
    assert 0 < sync_redis.ttl(keys.job("close-evt_1")) <= RETENTION
    assert -1 == sync_redis.ttl(keys.job("close-evt_2"))


def test_a_cancelled_job_goes_on_when_a_newer_decision_joined_it(
    sync_redis: Redis, keys: Keys, ledger: JobLedger
) -> None:
    """What came between two decisions stands against the first only."""
    job = started(sync_redis, keys, ledger)
    intend(sync_redis, keys, 2, at=LATE)
    admit_all(sync_redis, keys, ledger)

    assert "waiting" == ledger.record(job, "cancelled", "a communication is newer")
    assert LATE == start(ledger).decided_at


@pytest.mark.anyio
async def test_a_request_makes_a_job_and_the_next_one_finds_it(
    redis: AsyncRedis, keys: Keys, ledger: JobLedger
) -> None:
    """The id is known at once, and is the same until the job has ended."""
    now = datetime.fromisoformat(DECIDED)
    first = await request_close(redis, keys, "conv_1", "by hand", now)
    found = await fetch_job(redis, keys, first)
    assert found
    assert ("waiting", "by hand", DECIDED) == (found.state, found.reason, found.decided_at)

    assert first == await request_close(redis, keys, "conv_1", "again", now)
    job = start(ledger)
    assert first == await request_close(redis, keys, "conv_1", "again", now)
    assert "cancelled" == ledger.record(job, "cancelled", "a communication is newer")
    assert first != await request_close(redis, keys, "conv_1", "again", now)


@pytest.mark.anyio
async def test_a_request_wakes_a_dispatcher(
    redis: AsyncRedis, sync_redis: Redis, keys: Keys, ledger: JobLedger
) -> None:
    """It leaves an intent, which finds the job already made."""
    job_id = await request_close(redis, keys, "conv_1", "", datetime.now(UTC))

    assert [job_id] == admit_all(sync_redis, keys, ledger)
    assert 0 == sync_redis.xlen(keys.intents)


def test_descriptions_speak_to_people() -> None:
    """What RQ's own tools show says what is done, to what, and why."""
    claim = Claim("close-evt_1", 1, "close", "conv_1", "conversation.inactivated", "")

    assert "close conversation conv_1 (rule conversation.inactivated)" == describe(claim)
    assert "close conversation conv_1 (by request)" == describe(Claim("close-1", 1, "close", "conv_1", "", "by hand"))


def test_an_intent_value_has_no_more_than_ids() -> None:
    """Nothing that a person said travels with a job."""
    ids = {"job_id", "conversation_id", "endpoint_id", "event_id"}

    assert ids | {"kind", "rule", "reason", "decided_at", "arguments", "delay"} == set(Intent.__struct_fields__)


def test_a_job_for_an_endpoint_comes_with_its_arguments(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """From the intent to the claim; two kinds for one endpoint do not join, two of a kind do."""
    about = {"conversation": "", "endpoint": "ep_1", "arguments": '{"count":3}'}
    intend(sync_redis, keys, 1, kind="replay", **about)
    intend(sync_redis, keys, 2, kind="replay", **about)
    intend(sync_redis, keys, 3, kind="other", **about)

    assert ["close-evt_1", "close-evt_1", "close-evt_3"] == admit_all(sync_redis, keys, ledger)
    first = Claim("close-evt_1", 1, "replay", "", "conversation.inactivated", "", "ep_1", '{"count":3}')
    assert first in ledger.claim().claims
    assert ("ep_1", '{"count":3}') == (_job(ledger, "close-evt_2").endpoint_id, _job(ledger, "close-evt_3").arguments)


def test_progress_is_noted_by_whoever_holds_the_job(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """An older dispatch, or a job that has ended, changes nothing."""
    job = started(sync_redis, keys, ledger)

    assert ledger.progress(job, "here", 3)
    assert not ledger.progress(msgspec.structs.replace(job, dispatch=0), "there", 9)
    ledger.record(job, "done", "closed")
    assert not ledger.progress(job, "there", 9)
    assert ("here", 3) == (_job(ledger).cursor, _job(ledger).done)


@pytest.mark.parametrize(("cursor", "failures"), [("here", 0), ("", 1)])
def test_a_job_that_comes_further_begins_its_failures_anew(
    sync_redis: Redis, keys: Keys, ledger: JobLedger, cursor: str, failures: int
) -> None:
    """What was wrong was not its fault; one that stays where it was goes on to count."""
    ledger.record(started(sync_redis, keys, ledger), "retry", "503", 0.0)
    ledger.progress(start(ledger), cursor, 3)

    assert failures == _job(ledger).failures


def test_a_job_that_goes_on_waits_for_its_next_part(sync_redis: Redis, keys: Keys, ledger: JobLedger) -> None:
    """As long as it says, and without a failure."""
    job = started(sync_redis, keys, ledger)

    assert "waiting" == ledger.record(job, "continue", "3 of 9", 60.0)
    due = ledger.claim()
    assert due.wait is not None
    assert ((), True) == (due.claims, 50 < due.wait <= 60)
    assert 0 == _job(ledger).failures
    assert "stale" == ledger.record(job, "continue", "3 of 9", 0.0)


def _job(ledger: JobLedger, job_id: str = "close-evt_1") -> Job:
    found = ledger.read(job_id)
    assert found
    return found
