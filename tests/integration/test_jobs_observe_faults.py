"""What goes wrong while observing: refusals, unclear outcomes, stores, profiles and conversations that are gone."""

import time
from typing import Any

import msgspec
import pytest

from tests.fake_memory import STORE, FakeMemory
from tests.job_steps import CONVERSATION
from tests.observe_steps import AGENT, CUSTOMER, PROFILE, Observed, at, attempt
from workers.jobs.executor import GivenUpError


def test_a_store_that_is_gone_is_told_and_counted(observed: Observed, memory: FakeMemory) -> None:
    """Twilio tells nobody who links a conversation to a dead store."""
    memory.stores.clear()
    observed.say("Hello.")

    assert "done: 0 written, 0 passed over" == attempt(observed)
    (told,) = observed.failures()
    assert f"the memory store {STORE} does not exist" == told["reason"]
    assert (1, 1) == (observed.counted("linkage:store_missing"), observed.counted("observations:failed"))


def test_a_profile_that_is_gone_is_told(observed: Observed, memory: FakeMemory) -> None:
    """The store is there, the profile is not."""
    memory.unknown.add(PROFILE)
    observed.say("Hello.")
    attempt(observed)

    (told,) = observed.failures()
    assert told["reason"].startswith(f"the profile {PROFILE} does not exist")
    assert 0 == observed.counted("linkage:store_missing")


def test_a_refused_observation_takes_no_other_with_it(observed: Observed, memory: FakeMemory) -> None:
    """A batch that Twilio refuses is sent one by one; only what it does not want is given up."""
    memory.unwanted = "bad"
    for number, text in enumerate(("Good.", "Something bad.", "Good again.")):
        observed.say(text, at(number * 10))

    assert "done: 2 written, 0 passed over" == attempt(observed)
    assert [3, 1, 1, 1] == list(map(len, memory.posts))
    assert (["Good.", "Good again."], 1) == (memory.contents, len(observed.failures()))


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        ({"status": 429, "headers": {"retry-after": "40"}}, 40),
        ({"status": 429}, 8),
        ({"status": 409}, 8),
    ],
)
def test_what_was_not_taken_is_sent_again_without_a_search(
    observed: Observed, memory: FakeMemory, fault: dict[str, object], seconds: float
) -> None:
    """Twilio said that it took nothing, and when to come again."""
    memory.fail("POST", **fault)
    observed.say("Hello.")
    attempt(observed)
    found: Any = observed.redis.zrange(observed.keys.jobs_due, 0, 0, withscores=True)
    due = found[0][1] / 1000 - time.time()
    attempt(observed)

    assert [("POST", f"/{PROFILE}/Observations")] * 2 == memory.calls()
    assert {(PROFILE, "Hello."): 1} == memory.times_written
    assert seconds - 1.5 <= due <= seconds * 1.5 + 1


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("fault", [{"hold": 1.0}, {"status": 500}, {"status": 503}, {"status": 202, "body": []}])
def test_an_unclear_outcome_is_looked_up_a_minute_later(
    observed: Observed, memory: FakeMemory, fault: dict[str, object], *, after_effect: bool
) -> None:
    """It is sent again only if the list does not have it by then: never missing, never twice."""
    memory.fail("POST", after_effect=after_effect, **fault)
    observed.say("Hello.")
    attempt(observed)
    assert "waiting: an earlier call may have written the rest, which shows after a minute" == attempt(observed)
    assert 1 == len(memory.posts)
    observed.a_minute_passes()

    assert attempt(observed).startswith("done: 1 written")
    assert {(PROFILE, "Hello."): 1} == memory.times_written


def test_words_that_come_meanwhile_do_not_wait_and_are_not_joined(observed: Observed, memory: FakeMemory) -> None:
    """What was composed stays as it is; what follows is an observation of its own."""
    memory.fail("POST", hold=1.0, after_effect=True)
    observed.say("I would like", at(0))
    attempt(observed)
    observed.say("to move my delivery.", at(2))
    attempt(observed)
    observed.a_minute_passes()
    attempt(observed)

    assert {(PROFILE, "I would like"): 1, (PROFILE, "to move my delivery."): 1} == memory.times_written


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_stop_the_kind_and_lose_nothing(
    observed: Observed, memory: FakeMemory, status: int
) -> None:
    """All observations wait for somebody to mend them."""
    memory.fail("POST", status=status, body={"code": 20003, "message": "Authenticate"})
    observed.say("Hello.")
    with pytest.raises(GivenUpError):
        attempt(observed)
    observed.redis.hset(observed.keys.jobs_stopped, "observe", 0)
    attempt(observed)

    assert {(PROFILE, "Hello."): 1} == memory.times_written


def test_the_store_of_a_conversation_without_snapshot_is_its_configurations(
    observed: Observed, memory: FakeMemory
) -> None:
    """A conversation that shows no store, and no configuration, is told as such."""
    observed.twilio.conversations[CONVERSATION] |= {"configuration": None, "configurationId": None}
    observed.say("Hello.")
    attempt(observed)

    (told,) = observed.failures()
    assert "the conversation's configuration names no memory store" == told["reason"]
    assert ([], 1) == (memory.requests, observed.counted("linkage:no_store"))


def test_words_of_a_deleted_conversation_are_given_up(observed: Observed, memory: FakeMemory) -> None:
    """404 for the conversation itself will not change."""
    del observed.twilio.conversations[CONVERSATION]
    observed.say("Hello.")
    attempt(observed)

    assert 1 == len(observed.failures())
    assert ([], False) == (memory.requests, observed.waits())


def test_an_author_known_by_address_only_is_found(observed: Observed, memory: FakeMemory) -> None:
    """Events do not always name the participant."""
    observed.say("Hello.", author={"address": CUSTOMER, "channel": "SMS"})
    attempt(observed)

    assert {(PROFILE, "Hello."): 1} == memory.times_written


def test_no_text_and_no_number_reaches_a_key_or_an_event(observed: Observed, memory: FakeMemory) -> None:
    """What people said and who they are stays out of names and of what operators are told."""
    memory.unwanted = "Hello"
    observed.say("Hello.", author={"address": CUSTOMER, "channel": "SMS"})
    attempt(observed)
    told = msgspec.json.encode(observed.failures()) + str(observed.redis.keys()).encode()

    assert [] == [word for word in (b"Hello", CUSTOMER[1:].encode(), AGENT[1:].encode()) if word in told]
