"""A call's words that come twice: captured by the Orchestrator, and transcribed in real time."""

import pytest
from redis import Redis

from service.events.event import Event
from service.store.keys import Keys
from tests.inbound_traffic import PAIR, Traffic, reported, said, sid

CALL, OTHER_CALL = sid("CA"), sid("CA", 2)


def captured(event_id: str, call: str = CALL) -> Event:
    """Return a communication that is speech of a call."""
    return said(event_id, "conv_a", call, PAIR, words="captured")


def transcribed(event_id: str, call: str = CALL) -> Event:
    """Return words of a transcription."""
    return reported(event_id, call, source="transcription", words="transcribed")


@pytest.fixture
def traffic(sync_redis: Redis, keys: Keys) -> Traffic:
    """Return an empty log."""
    return Traffic(sync_redis, keys)


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ((captured("1"), captured("2")), [False, False]),
        ((transcribed("1"), transcribed("2")), [False, False]),
        ((captured("1"), transcribed("2"), captured("3")), [False, True, True]),
        ((transcribed("1"), captured("2"), transcribed("3")), [False, True, True]),
        ((captured("1"), transcribed("2", OTHER_CALL)), [False, False]),
        (
            (captured("1"), transcribed("2"), reported("3", CALL), said("4", "conv_a", CALL)),
            [False, True, False, False],
        ),
    ],
)
def test_words_are_known_to_come_from_the_other_source(
    traffic: Traffic, happened: tuple[Event, ...], expected: list[bool]
) -> None:
    """From the second source's first words on, both sources of that call's words, and nothing else."""
    traffic(*happened)

    assert expected == [one.other_source for one in traffic.stored]


def test_a_transcription_finds_its_calls_conversation(traffic: Traffic) -> None:
    """Also where its words came first and were nobody's yet."""
    answers = traffic(transcribed("1"), captured("2"), transcribed("3"))

    assert [None, "conv_a", "conv_a"] == [one.conversation_id for one in answers]
    assert "conv_a" == traffic.known_by(CALL)


def test_a_repeat_says_nothing_of_its_source(traffic: Traffic, keys: Keys) -> None:
    """What is a duplicate leaves the call as it is."""
    traffic(captured("1"))
    traffic.redis.hdel(keys.resource(CALL), "captured")
    traffic(captured("1"), transcribed("2"))

    assert [False, False] == [one.other_source for one in traffic.stored]
