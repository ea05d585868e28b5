"""From a rule of the file to a closed conversation: a relay, a worker, Redis and a Twilio, all real."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store.jobs import as_text
from tests.eventually import eventually
from tests.fake_twilio import FakeTwilio, running_fake_twilio
from tests.relay_case import RelayCase
from tests.rules_of import rules_of
from tests.twilio_callbacks import CONVERSATION, communication, conversation
from tests.worker_process import running_worker

BEFORE, DECIDED, AFTER = (f"2026-11-20T14:0{minute}:00Z" for minute in (1, 2, 3))
QUIET = '[[close]]\nname = "quiet"\nwhen = "conversation.inactivated"\n'
STOP = '[[close]]\nname = "stop"\nwhen = "communication.created"\nkeywords = ["STOP", "Text 1"]\n'


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    """A Twilio of the test's own, with one conversation in which a customer wrote."""
    with running_fake_twilio() as twilio:
        twilio.converse(CONVERSATION, "ACTIVE", configurationId="conv_configuration_1")
        twilio.join(CONVERSATION, type="CUSTOMER", addresses=[{"channel": "SMS", "address": "+12025550123"}])
        twilio.list_fields |= {"author"}
        twilio.say(CONVERSATION, BEFORE, author={"channel": "SMS"})
        yield twilio


def became(case: RelayCase) -> str | None:
    """Return the outcome of the job that the newest event asked for, once it has ended."""
    for key in case.redis.keys(case.keys.job("close-*")):
        outcome = case.redis.hget(key, "outcome")
        if outcome:
            return as_text(outcome)
    return None


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (QUIET, "closed within"),
        (f'{QUIET}after = "1s"', "closed within"),
        (f'{QUIET}channels = ["SMS"]\nconfigurations = ["conv_configuration_1"]', "closed within"),
        (f'{QUIET}channels = ["VOICE"]', "it has been on SMS only, and the rule is for VOICE"),
        (
            f'{QUIET}configurations = ["conv_configuration_2"]',
            "its configuration is conv_configuration_1, and the rule",
        ),
        (f"{QUIET}unless_other_channels_active = true", "SMS is active: communication conv_communication_"),
        (STOP, "closed within"),
    ],
)
def test_a_rule_is_obeyed_in_full(
    case: RelayCase, twilio: FakeTwilio, redis_url: str, tmp_path: Path, rule: str, outcome: str
) -> None:
    """What the event does not say, the job finds out; and what stands against the close is told."""
    with case.relay(rules=rules_of(rule)), running_worker(redis_url, twilio.url, tmp_path / "log"):
        case.append(conversation("ACTIVE", BEFORE))
        case.append(communication(1, DECIDED) if rule == STOP else conversation("INACTIVE", DECIDED))
        told = eventually(lambda: became(case), 10) or ""

    assert (outcome, outcome == "closed within") == (told[: len(outcome)], bool(twilio.closings[CONVERSATION]))


def test_new_traffic_during_the_wait_cancels(
    case: RelayCase, twilio: FakeTwilio, redis_url: str, tmp_path: Path
) -> None:
    """The customer comes back before the time is over."""
    rules = rules_of(f'{QUIET}after = "1s"')
    with case.relay(rules=rules), running_worker(redis_url, twilio.url, tmp_path / "log"):
        case.append(conversation("ACTIVE", BEFORE), conversation("INACTIVE", DECIDED))
        eventually(lambda: case.redis.zcard(case.keys.jobs_due))
        twilio.say(CONVERSATION, AFTER, author={"channel": "SMS"})
        told = eventually(lambda: became(case), 10) or ""

    assert (True, 0) == ("is newer than the decision" in told, twilio.patches[CONVERSATION])


def test_what_is_gathered_is_asked_for_once(case: RelayCase) -> None:
    """Many communications of one author make one intent, five seconds later; their texts stay where they are."""
    with case.relay(rules=rules_of('[[observe]]\nwhen = "communication.created"')):
        case.append(conversation("ACTIVE", BEFORE))
        case.append(*(communication(number, DECIDED) for number in range(5)))
        (asked,) = eventually(lambda: case.redis.keys(case.keys.gather_asked("*", "*")))
        gathered = as_text(asked).removesuffix(":asked")
        eventually(lambda: case.redis.llen(gathered) == 5)
    entries = case.redis.lrange(gathered, 0, -1)

    assert 1 == case.redis.xlen(case.keys.intents)
    assert not [entry for entry in entries if b"Text" in entry]
