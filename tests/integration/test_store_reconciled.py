"""What reconciliation finds is what a callback would have told: the same event, the same state, the same names."""

from typing import Any

import msgspec
import pytest
from redis import Redis

from service.events.event import Event, Source
from service.events.types import event_type
from service.store.keys import Keys
from tests.inbound_traffic import PAIR, Traffic, reported, said, sid, status

CALL = sid("CA")
SAID = said("1", "conv_a", CALL, PAIR, words="captured", version="2026-11-20T14:00:02.000000Z")
STORY = (
    status("conv_a", "ACTIVE", version="2026-11-20T14:00:01.000000Z"),
    SAID,
    status("conv_a", "INACTIVE", version="2026-11-20T14:00:05.000000Z"),
    status("conv_a", "ACTIVE", "late", version="2026-11-20T14:00:04.000000Z"),
    reported("2", PAIR), reported("3", CALL, words="transcribed"),
    msgspec.structs.replace(SAID, id="evt_4", kind="COMMUNICATION_UPDATED", version="2026-11-20T14:00:01.000000Z"),
    status("conv_a", "CLOSED", version="2026-11-20T14:00:03.000000Z"),
    status("conv_a", "CLOSED", "renamed", version="2026-11-20T14:00:09.000000Z"),
    reported("5", PAIR),
)  # fmt: skip


def told_by(source: Source, happened: Event) -> Event:
    """Return an event as this source tells of it; what a conversation does not tell of stays as it is."""
    return msgspec.structs.replace(happened, source=source) if happened.source == "orchestrator" else happened


def outcome(redis: Redis, keys: Keys, source: Source) -> list[list[Any]]:
    """Return what becomes of the story, told by this source to an empty log."""
    redis.flushall()
    traffic = Traffic(redis, keys)
    answers = traffic(*(told_by(source, one) for one in STORY))
    held: Any = redis.hgetall(keys.conversation("conv_a"))
    return [
        [(one.outcome, one.sequence, one.conversation_id, one.late) for one in answers],
        [(event_type(one), one.previous_status, one.correlated_by, one.other_source) for one in traffic.stored],
        [traffic.known_by(name) for name in (CALL, PAIR)],
        [held],
    ]


def test_reconciliation_is_treated_as_a_callback(sync_redis: Redis, keys: Keys) -> None:
    """Types, lateness, sequence, names and words are the same, whoever told it."""
    told = outcome(sync_redis, keys, "orchestrator")
    types = [name for name, *_ in told[1]]
    late = [late for *_, late in told[0]]

    assert [
        "conversation.updated", "communication.created", "conversation.inactivated", "conversation.updated",
        "message.received", "message.received", "communication.updated", "conversation.closed", "conversation.updated",
        "message.received",
    ] == types  # fmt: skip
    assert [3, 6] == [number for number, each in enumerate(late) if each]
    assert told == outcome(sync_redis, keys, "reconciliation")


@pytest.mark.parametrize("sources", [("orchestrator", "reconciliation"), ("reconciliation", "orchestrator")])
def test_whichever_comes_second_is_a_duplicate(sync_redis: Redis, keys: Keys, sources: tuple[Source, Source]) -> None:
    """A late callback is not told twice, nor is what a callback has told already found again."""
    traffic = Traffic(sync_redis, keys)
    happened = said("1", "conv_a", CALL, PAIR)
    first, second = traffic(*(told_by(source, happened) for source in sources))

    assert ("stored", "duplicate", first.entry_id) == (first.outcome, second.outcome, second.entry_id)
    assert [sources[0]] == [one.source for one in traffic.stored]
