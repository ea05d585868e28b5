"""A broken link between conversations and memory, which Twilio reports nowhere, is noticed and told once a day."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from redis import Redis

from service.store.linkage import MOST_AN_HOUR, Linkage, intent, is_wanted
from tests.fake_memory import FakeMemory
from tests.fake_twilio import FakeTwilio
from tests.job_steps import CONVERSATION
from tests.observe_steps import CONFIGURATION, PROFILE, Observed, attempt, observing


@pytest.fixture
def case(sync_redis: Redis, twilio: FakeTwilio, memory: FakeMemory) -> Iterator[Observed]:
    """Return a closed conversation with a customer, whose words Twilio was to remember; the job has begun."""
    with observing(sync_redis, twilio, memory) as found:
        twilio.conversations[CONVERSATION]["configuration"]["memoryExtractionEnabled"] = True
        found.store("CONVERSATION_CREATED", {})
        found.context.ledger.admit(intent(), "")
        attempt(found)
        yield found


def close(case: Observed, number: int = 1) -> None:
    """Let conversations be closed after the last look."""
    for _ in range(number):
        fields: Any = {"conv": CONVERSATION, "st": "CLOSED", "prev": "ACTIVE", "late": ""}
        case.redis.xadd(case.keys.events, fields)


def later(case: Observed) -> None:
    """Let ten minutes pass for what was chosen."""
    chosen: Any = case.redis.zrange(case.keys.linkage_due, 0, -1)
    for conversation in chosen:
        case.redis.zadd(case.keys.linkage_due, {conversation: 0})


def looked_at(case: Observed) -> dict[str, int]:
    """Let one conversation close and be looked at, and return what was counted."""
    close(case)
    attempt(case)
    later(case)
    attempt(case)
    return dict(Linkage(case.redis, case.keys).of_day().get(CONFIGURATION, {}))


def told(case: Observed) -> list[dict[str, Any]]:
    """Return the data of each `linkage.broken`."""
    found: Any = case.redis.xrange(case.keys.events)
    return [msgspec.json.decode(one[b"data"]) for _, one in found if one.get(b"kind") == b"linkage.broken"]


def test_nothing_is_asked_before_a_conversation_has_been_closed_for_ten_minutes(case: Observed) -> None:
    """Memory is written late, and what is chosen waits."""
    close(case)

    assert "waiting: 1 chosen, 0 looked at" == attempt(case)
    assert [] == case.twilio.requests


def test_a_conversation_that_left_no_observation_is_counted(case: Observed) -> None:
    """Its customer has a profile, and extraction is on."""
    assert {"customers": 1, "extracting": 1, "unobserved": 1} == looked_at(case)


def test_a_conversation_that_is_remembered_is_no_trouble(case: Observed, memory: FakeMemory) -> None:
    """An observation names it."""
    memory.written.append((PROFILE, {"content": "c", "source": "extraction", "conversationIds": [CONVERSATION]}))
    memory.show()

    assert {"customers": 1, "extracting": 1} == looked_at(case)


def test_a_customer_without_profile_is_counted(case: Observed) -> None:
    """Nobody's memory could be written."""
    case.twilio.participants[CONVERSATION][0]["profileId"] = None

    assert {"customers": 1, "unlinked": 1} == looked_at(case)


def test_a_store_that_is_gone_is_counted(case: Observed, memory: FakeMemory) -> None:
    """404 from Memory, and from nobody else."""
    memory.stores.clear()

    assert {"customers": 1, "store_missing": 1} == looked_at(case)


def test_a_deleted_conversation_is_passed_over(case: Observed) -> None:
    """It is asked for once."""
    del case.twilio.conversations[CONVERSATION]
    looked_at(case)
    attempt(case)

    assert 1 == len(case.twilio.requests)


def test_no_more_than_a_number_of_conversations_an_hour_are_chosen(case: Observed) -> None:
    """However many close."""
    close(case, MOST_AN_HOUR + 5)

    assert f"waiting: {MOST_AN_HOUR} chosen, 0 looked at" == attempt(case)
    close(case)
    assert "waiting: 0 chosen, 0 looked at" == attempt(case)


def test_a_broken_link_is_told_once_a_day_with_its_reason(case: Observed) -> None:
    """By configuration; however often it is seen."""
    Linkage(case.redis, case.keys).count(CONFIGURATION, "store_missing", 2)
    attempt(case)
    Linkage(case.redis, case.keys).count(CONFIGURATION, "store_missing", 2)
    attempt(case)

    (one,) = told(case)
    reasons = ["the memory store does not exist (404, 2 times)"]
    assert (CONFIGURATION, reasons) == (one["configuration_id"], one["reasons"])
    assert 1 == case.counted("linkage:broken")


def test_the_job_is_wanted_only_where_there_is_none(case: Observed) -> None:
    """One that died, or was lost with its Redis, is asked for again."""
    assert not is_wanted(case.redis, case.keys)
    case.redis.flushall()

    assert is_wanted(case.redis, case.keys)
