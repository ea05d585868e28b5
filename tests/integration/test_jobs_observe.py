"""Observing what customers say, against small real stand-ins for Conversations and Memory, and a real Redis."""

import time
from typing import Any

import msgspec
import pytest

from tests.fake_memory import STORE, FakeMemory
from tests.job_steps import CONVERSATION
from tests.observe_steps import CONFIGURATION, CUSTOMER, PROFILE, RULE, Observed, at, attempt


def test_what_a_customer_said_is_written_once_in_twilios_words(observed: Observed, memory: FakeMemory) -> None:
    """The exact request: one observation, with its source, its time and its conversation."""
    observed.say("Is my order on the way?")

    assert "done: 1 written, 0 passed over" == attempt(observed)
    observation = {
        "content": "Is my order on the way?",
        "source": "conversation-events",
        "occurredAt": "2026-11-20T14:03:09.000Z",
        "conversationIds": [CONVERSATION],
    }
    path = f"/v1/Stores/{STORE}/Profiles/{PROFILE}/Observations"
    assert [("POST", path, {"observations": [observation]})] == memory.requests
    assert not observed.redis.exists(observed.keys.gathered(CONVERSATION, observed.customer))


def test_fragments_of_an_utterance_are_joined_and_a_template_filled(observed: Observed, memory: FakeMemory) -> None:
    """Pieces less than three seconds apart are one observation, in the order in which they were said."""
    rule = msgspec.structs.replace(RULE, template="By {channel} at {at}: {text}")
    said = [(10, "I would"), (17.9, "And"), (15, "my delivery."), (12.5, "like to move"), (20.8, "goodbye.")]
    for seconds, text in said:
        observed.say(text, at(seconds), rule)
    attempt(observed)

    moved = "By SMS at 2026-11-20T14:00:10.000000Z: I would like to move my delivery. And goodbye."
    assert [moved] == memory.contents


def test_at_most_ten_go_into_one_call(observed: Observed, memory: FakeMemory) -> None:
    """Twilio takes no more."""
    for number in range(23):
        observed.say(f"Sentence {number}.", at(number * 10))
    attempt(observed)

    assert [10, 10, 3] == list(map(len, memory.posts))
    assert [f"Sentence {number}." for number in range(23)] == memory.contents


def test_what_is_too_long_is_split_at_a_sentence(observed: Observed, memory: FakeMemory) -> None:
    """Nothing is lost of what was said."""
    text = " ".join(f"This is sentence number {number:04}." for number in range(300))
    observed.say(text)
    attempt(observed)

    assert [True, True, True] == [4000 < len(part) <= 4096 or part is memory.contents[-1] for part in memory.contents]
    assert text == " ".join(memory.contents)


def test_what_is_still_being_said_waits(observed: Observed, memory: FakeMemory) -> None:
    """A piece that came a moment ago may have more behind it."""
    observed.say("Hello.", at(0))
    event = observed.say("I would", at(20))
    found: Any = observed.redis.xrevrange(observed.keys.events, count=1)
    now = int(time.time() * 1000)
    observed.redis.xadd(observed.keys.events, found[0][1], f"{now}-0")
    observed.redis.set(observed.keys.event(event), f"{now}-0")

    assert "waiting: 1 written; more is being said" == attempt(observed)
    assert ["Hello."] == memory.contents
    assert 1 == observed.redis.llen(observed.keys.gathered(CONVERSATION, observed.customer))


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_blank_words_are_passed_over_without_a_call(observed: Observed, memory: FakeMemory, text: str) -> None:
    """A picture without words says nothing that could be remembered."""
    observed.say(text)

    assert "done: 0 written, 1 passed over" == attempt(observed)
    assert ([], 1) == (memory.requests, observed.counted("observations:blank"))


def test_words_that_have_left_the_log_are_counted(observed: Observed, memory: FakeMemory) -> None:
    """Their text was never anywhere else."""
    gone = observed.say("Forget me.", at(0))
    observed.say("Not me.", at(30))
    observed.redis.delete(observed.keys.event(gone))
    attempt(observed)

    assert (["Not me."], 1) == (memory.contents, observed.counted("observations:gone"))


@pytest.mark.parametrize("kind", ["HUMAN_AGENT", "AI_AGENT", "UNKNOWN", None])
def test_only_customers_are_observed(observed: Observed, memory: FakeMemory, kind: str | None) -> None:
    """Who is none by Twilio's type is passed over, and counted."""
    observed.twilio.participants[CONVERSATION][0]["type"] = kind
    observed.say("Hello.")
    attempt(observed)

    assert ([], 1) == (memory.requests, observed.counted("observations:not_customer"))
    assert [] == observed.failures()


def test_a_rule_for_another_configuration_writes_nothing(observed: Observed, memory: FakeMemory) -> None:
    """The conversation's own configuration decides."""
    observed.say("Hello.", at(0), msgspec.structs.replace(RULE, configurations=("conv_configuration_2",)))
    observed.say("Hello again.", at(30), msgspec.structs.replace(RULE, configurations=(CONFIGURATION,)))
    attempt(observed)

    assert (["Hello again."], 1) == (memory.contents, observed.counted("observations:elsewhere"))


@pytest.mark.parametrize(
    ("address", "identifier"),
    [
        (CUSTOMER, ("phone", CUSTOMER)),
        (f"whatsapp:{CUSTOMER}", ("phone", CUSTOMER)),
        ("a@b.example", ("email", "a@b.example")),
    ],
)
def test_a_participant_without_profile_is_looked_up(
    observed: Observed, memory: FakeMemory, address: str, identifier: tuple[str, str]
) -> None:
    """By what the address looks like, without the prefix of its channel."""
    addresses = [{"channel": "X", "address": address}]
    observed.twilio.participants[CONVERSATION][0] |= {"profileId": None, "addresses": addresses}
    memory.identifiers[identifier] = ["mem_profile_2"]
    observed.say("Hello.")
    attempt(observed)

    assert [("POST", "/Lookup"), ("POST", "/mem_profile_2/Observations")] == memory.calls()


@pytest.mark.parametrize(
    ("address", "profiles", "reason"),
    [
        (CUSTOMER, [], "the participant has no profile, and no profile has the participant's address"),
        (CUSTOMER, ["mem_profile_2", "mem_profile_3"], "2 profiles have the participant's address"),
        ("sip:a@b.example", [], "the participant has no profile, and no address that profiles are found by"),
    ],
)
def test_nobody_to_remember_it_of_is_told_after_a_second_look(
    observed: Observed, memory: FakeMemory, address: str, profiles: list[str], reason: str
) -> None:
    """Twilio finds out who somebody is a little later, so there is a second look; then the words are given up."""
    addresses = [{"channel": "X", "address": address}]
    observed.twilio.participants[CONVERSATION][0] |= {"profileId": None, "addresses": addresses}
    memory.identifiers["phone", CUSTOMER] = profiles
    event = observed.say("Hello.")

    assert f"waiting: {reason}" == attempt(observed)
    assert [] == observed.failures()
    assert "done: 0 written, 0 passed over" == attempt(observed)
    told = {
        "conversation_id": CONVERSATION,
        "event_ids": [event],
        "participant_id": observed.customer,
        "reason": reason,
    }
    assert ([told], 1) == (observed.failures(), observed.counted("linkage:no_profile"))


def test_a_profile_that_is_found_at_the_second_look_is_used(observed: Observed, memory: FakeMemory) -> None:
    """Nothing was lost by the wait."""
    observed.twilio.participants[CONVERSATION][0]["profileId"] = None
    observed.say("Hello.")
    attempt(observed)
    observed.twilio.participants[CONVERSATION][0]["profileId"] = PROFILE
    attempt(observed)

    assert ({(PROFILE, "Hello."): 1}, []) == (memory.times_written, observed.failures())


def test_profiles_of_one_address_that_were_merged_are_one(observed: Observed, memory: FakeMemory) -> None:
    """A lookup may still list both."""
    observed.twilio.participants[CONVERSATION][0]["profileId"] = None
    memory.identifiers["phone", CUSTOMER] = ["mem_profile_2", "mem_profile_3"]
    memory.merged["mem_profile_2"] = "mem_profile_3"
    observed.say("Hello.")
    attempt(observed)

    assert {("mem_profile_3", "Hello."): 1} == memory.times_written


def test_a_merged_profile_is_followed_and_remembered(observed: Observed, memory: FakeMemory) -> None:
    """The next words go to where the profile is now, at once."""
    memory.merged[PROFILE] = "mem_profile_9"
    observed.say("Hello.")
    attempt(observed)
    observed.say("Hello again.", at(60))
    attempt(observed)

    posted = ["/mem_profile_9/Observations", "/mem_profile_9/Observations"]
    assert [("POST", path) for path in (f"/{PROFILE}/Observations", *posted)] == memory.calls()
    assert {"mem_profile_9"} == {profile for profile, _ in memory.written}


def test_words_that_were_written_are_not_written_again(observed: Observed, memory: FakeMemory) -> None:
    """Gathered a second time, long after they were settled, they are known."""
    event_id = observed.say("Is my order on the way?")
    gathered = observed.keys.gathered(CONVERSATION, observed.customer)
    entries: Any = observed.redis.lrange(gathered, 0, -1)
    attempt(observed)
    observed.redis.rpush(gathered, *entries)
    observed.intend("gather-again", msgspec.json.encode({"author": observed.customer}).decode(), event_id)
    attempt(observed)

    assert ["Is my order on the way?"] == memory.contents
    assert not observed.redis.exists(gathered)
