"""The append script against a small model of it, in whatever order traffic comes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from service.events.correlation import addresses
from service.events.event import Event
from service.store.event_log import Appended
from service.store.keys import Keys
from tests.correlation_model import Expected, Model
from tests.inbound_traffic import CUSTOMER, PAIR, Traffic, ranked, reported, said, sid, status

CALLS = (sid("CA"), sid("CA", 2))
MESSAGES = (sid("SM"), sid("SM", 2), sid("SM", 3))
PAIRS = (PAIR, addresses("SMS", CUSTOMER, "+12025550199") or "")
CONVERSATIONS = st.sampled_from(["conv_a", "conv_b", "conv_c"])
# Few of each, so that they meet; the number tells a repeat from a new one.
NUMBERS = st.integers(0, 40).map(str)
NAMES = st.lists(st.sampled_from([*CALLS, *MESSAGES, *PAIRS]), max_size=3, unique=True).map(tuple)
CALL_FIRST = st.tuples(st.sampled_from(CALLS), st.sampled_from([*MESSAGES, *PAIRS]))


def _said(number: str, conversation: str, names: tuple[str, ...]) -> Event:
    return said(f"said_{number}", conversation, *names)


def _captured(number: str, conversation: str, names: tuple[str, ...]) -> Event:
    return said(f"captured_{number}", conversation, *names, words="captured")


def _status(number: str, conversation: str, word: str) -> Event:
    return status(conversation, word, f"{conversation}_{word}_{number}")


def _reported(number: str, names: tuple[str, ...]) -> Event:
    return reported(f"reported_{number}", *names)


def _transcribed(number: str, names: tuple[str, ...]) -> Event:
    return reported(f"transcribed_{number}", *names, source="transcription", words="transcribed")


def _ranked(number: str, resource: str, rank: str, pair: str) -> Event:
    return ranked(f"ranked_{number}", resource, rank, names=(resource, pair))


HAPPENED = st.one_of(
    st.builds(_said, NUMBERS, CONVERSATIONS, NAMES),
    st.builds(_captured, NUMBERS, CONVERSATIONS, CALL_FIRST),
    st.builds(_status, NUMBERS, CONVERSATIONS, st.sampled_from(["ACTIVE", "INACTIVE", "CLOSED"])),
    st.builds(_reported, NUMBERS, NAMES),
    st.builds(_transcribed, NUMBERS, CALL_FIRST),
    st.builds(_ranked, NUMBERS, st.sampled_from(MESSAGES), st.sampled_from("0123456789"), st.sampled_from(PAIRS)),
)


@pytest.mark.parametrize("hour", ["", "2026-11-13T14:00:00.000000Z"])
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened=st.lists(HAPPENED, max_size=30))
def test_whatever_comes_finds_its_place(sync_redis: Redis, keys: Keys, hour: str, happened: list[Event]) -> None:
    """Conversation, sequence, lateness, the way there and the source of words are those of the model."""
    sync_redis.flushall()
    traffic, model = Traffic(sync_redis, keys), Model()
    expected = [model.append(one) for one in happened]
    answers = traffic(*happened, oldest=hour)
    told = [one for one in expected if one.outcome == "stored"]

    assert [_answered(one) for one in expected] == [_told(answer) for answer in answers]
    assert [(one.conversation_id, one.sequence, one.late, one.by, one.other_source) for one in told] == [
        (one.conversation_id, one.sequence, one.late, one.correlated_by, one.other_source) for one in traffic.stored
    ]
    assert [model.known_by.get(name) for name in CALLS + MESSAGES] == [traffic.known_by(n) for n in CALLS + MESSAGES]


def _answered(one: Expected) -> tuple[object, ...]:
    # A duplicate of ours may tell the conversation that it is found in today; whoever reads it knows that.
    return (one.outcome, one.sequence, one.late, one.conversation_id if one.outcome == "stored" else None)


def _told(answer: Appended) -> tuple[object, ...]:
    stored = answer.outcome == "stored"
    return (answer.outcome, answer.sequence, answer.late, answer.conversation_id if stored else None)
