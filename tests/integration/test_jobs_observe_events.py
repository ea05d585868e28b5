"""Observing closed conversations and results of Conversation Intelligence, for each customer's profile."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from service.rules.asked import ObserveArguments
from service.rules.observe import TEMPLATES
from tests.fake_memory import FakeMemory
from tests.fake_twilio import FakeTwilio
from tests.job_steps import CONVERSATION
from tests.observe_steps import AGENT, CUSTOMER, PROFILE, Observed, attempt, observing

RESULTS = Path(__file__).parents[1] / "fixtures" / "inbound"
CLOSED = "conversation.closed"
RESULT = "intelligence.result"
RECORD = "SMS, VOICE: 3 communications in 1 h 21 min, with 1 customer, 1 human agent."


@pytest.fixture
def case(sync_redis: Redis, twilio: FakeTwilio, memory: FakeMemory) -> Iterator[Observed]:
    """Return a conversation on two channels, with a customer and an agent."""
    twilio.communications[CONVERSATION] = []
    twilio.list_fields |= {"author"}
    twilio.say(CONVERSATION, "2026-11-20T14:03:11Z", author={"address": CUSTOMER, "channel": "SMS"})
    twilio.say(CONVERSATION, "2026-11-20T14:03:12Z", author={"address": AGENT, "channel": "SMS"})
    twilio.say(CONVERSATION, "2026-11-20T14:40:12Z", author={"address": AGENT, "channel": "VOICE"})
    with observing(sync_redis, twilio, memory) as found:
        yield found


def closed(case: Observed, template: str = TEMPLATES[CLOSED], **fields: Any) -> None:  # noqa: ANN401
    """Ask for the record of the conversation."""
    event = case.store("CONVERSATION_UPDATED", {"id": CONVERSATION, "status": "CLOSED"})
    case.ask(event, ObserveArguments(CLOSED, template, "conversation-events", **fields))


def found(case: Observed, results: list[dict[str, Any]], *numbers: int) -> None:
    """Ask for an observation of each of these results."""
    event = case.store(RESULT, {"operatorResults": results}, "intelligence")
    case.ask(event, ObserveArguments(RESULT, TEMPLATES[RESULT], "conversation-events", results=numbers))


def test_a_closed_conversation_is_recorded_for_its_customer(case: Observed, memory: FakeMemory) -> None:
    """Channels, counts, duration and who took part; nobody's name or number."""
    closed(case)
    attempt(case)

    observation = memory.written[0][1]
    assert (RECORD, "2026-11-20T15:25:03.341Z") == (observation["content"], observation["occurredAt"])
    assert {(PROFILE, RECORD): 1} == memory.times_written


def test_every_field_of_the_record_can_be_named(case: Observed, memory: FakeMemory) -> None:
    """Fields of the rules' page."""
    closed(case, "{channels}|{communications}|{from_customer}|{duration}|{participants}|{started}|{at}")
    attempt(case)

    times = ("2026-11-20T14:03:10.114000Z", "2026-11-20T15:25:03.341000Z")
    assert ["|".join(("SMS, VOICE", "3", "1", "1 h 21 min", "1 customer, 1 human agent", *times))] == memory.contents


def test_partial_items_of_the_list_are_fetched_singly(case: Observed, memory: FakeMemory) -> None:
    """Lists were seen without authors."""
    case.twilio.list_fields -= {"author"}
    closed(case)
    attempt(case)

    assert [RECORD] == memory.contents


def test_each_customers_profile_gets_the_record_once(case: Observed, memory: FakeMemory) -> None:
    """Two participants of one profile are one, another profile is another, an agent is none."""
    case.twilio.join(CONVERSATION, type="CUSTOMER", profileId=PROFILE, addresses=[{"channel": "VOICE", "address": "a"}])
    case.twilio.join(CONVERSATION, type="CUSTOMER", profileId="mem_profile_2", addresses=[])
    case.twilio.join(CONVERSATION, type="CUSTOMER", addresses=[{"channel": "VOICE", "address": "+12025550199"}])
    closed(case, "{channels}")
    attempt(case)
    attempt(case)

    assert {(PROFILE, "SMS, VOICE"): 1, ("mem_profile_2", "SMS, VOICE"): 1} == memory.times_written
    assert 1 == len(case.failures())


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"channels": ("WHATSAPP",)}, "it has been on none of the channels that the rule is for"),
        ({"configurations": ("conv_configuration_2",)}, "its configuration is another than the rule is for"),
    ],
)
def test_a_rule_for_others_writes_nothing(
    case: Observed, memory: FakeMemory, fields: dict[str, Any], reason: str
) -> None:
    """The job says why."""
    closed(case, **fields)

    assert (f"cancelled: {reason}", []) == (attempt(case), memory.requests)


def test_a_record_is_composed_once(case: Observed, memory: FakeMemory) -> None:
    """However the conversation looks when it is tried again, the same words are looked for and sent."""
    memory.fail("POST", status=500, after_effect=True)
    closed(case)
    attempt(case)
    case.twilio.join(CONVERSATION, type="CUSTOMER", profileId="mem_profile_2", addresses=[])
    case.a_minute_passes()
    attempt(case)

    assert {(PROFILE, RECORD): 1} == memory.times_written


def fixture(name: str) -> list[dict[str, Any]]:
    """Return the results of a real callback."""
    told = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    results: list[dict[str, Any]] = json.loads(told["body"])["operatorResults"]
    return results


def test_results_go_to_the_profile_that_twilio_names(case: Observed, memory: FakeMemory) -> None:
    """Store and profile stand in the result, so nothing else is asked."""
    found(case, fixture("ci-rule-execution-conversation-end"), 0, 1)
    attempt(case)

    summary = "Summary: Customer asked when order 4417 arrives; told tomorrow morning."
    assert sorted([summary, 'Next action: {"action":"none","priority":2}']) == sorted(memory.contents)
    assert ([("POST", f"/{PROFILE}/Observations")], []) == (memory.calls(), case.twilio.requests)


def test_only_results_that_the_rule_names_are_written(case: Observed, memory: FakeMemory) -> None:
    """By their numbers; a number that is not there is none."""
    found(case, fixture("ci-rule-execution-conversation-end"), 1, 7)
    attempt(case)

    assert ['Next action: {"action":"none","priority":2}'] == memory.contents


@pytest.mark.parametrize(
    ("details", "profiles"),
    [
        ({}, {PROFILE}),
        ({"participants": [{"type": "CUSTOMER", "profileId": "mem_profile_3"}]}, {"mem_profile_3"}),
        ({"participants": [{"type": "HUMAN_AGENT", "profileId": "mem_profile_3"}]}, {PROFILE}),
        ({"resolvedContext": {"memory": {"profileId": "mem_profile_4"}}}, {"mem_profile_4"}),
    ],
)
def test_a_result_without_profile_is_the_customers(
    case: Observed, memory: FakeMemory, details: dict[str, Any], profiles: set[str]
) -> None:
    """Of the customers that the result names, else of the conversation's."""
    result = {"operator": {"displayName": "Mood"}, "result": {"label": "calm"}, "executionDetails": details}
    found(case, [result], 0)
    attempt(case)

    assert {(profile, "Mood: calm"): 1 for profile in profiles} == memory.times_written
