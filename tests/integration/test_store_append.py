"""The append script on a real Redis: once, in sequence, never backwards, and for as long as is said."""

import time
from typing import Any

import pytest
from redis.asyncio import Redis

from service.events.types import event_type
from service.store.client import run, script
from service.store.event_log import OPEN_CONVERSATION_LIFE, Appended, append_call, appended, horizon
from service.store.events import fetch, newest, stored_event
from service.store.keys import Keys
from service.twilio.callbacks import parse
from tests.twilio_callbacks import CONVERSATION, communication, conversation, written

pytestmark = pytest.mark.anyio
HOUR = 3600


class Log:
    """The log as one receiver appends to it, an hour long unless it is said otherwise."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self.redis, self.keys = redis, keys

    async def append(self, body: bytes, retention: int = 10**9) -> Appended:
        """Append a callback's event."""
        now = time.time()
        names, args = append_call(parse(body, int(now * 1000)), self.keys, retention, horizon(retention, now))
        return appended(await run(self.redis, script("append"), names, args))

    async def types(self) -> list[str]:
        """Return the public types of all events, in order."""
        entries: Any = await self.redis.xrange(self.keys.events)
        return [event_type(stored_event(entry)) for entry in entries]

    async def held(self, *names: str) -> list[str | None]:
        """Return fields of the conversation."""
        values: Any = await self.redis.hmget(self.keys.conversation(CONVERSATION), names)
        return [None if value is None else value.decode() for value in values]


@pytest.fixture
def log(redis: Redis, keys: Keys) -> Log:
    """Return an empty log."""
    return Log(redis, keys)


def at(minute: int) -> str:
    """Return a time in the hour of these tests."""
    return f"2026-11-20T14:{minute:02d}:00Z"


def ago(seconds: float) -> str:
    """Return a time that is so many seconds past."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds))


async def test_an_event_is_stored_as_it_came(log: Log, redis: Redis, keys: Keys) -> None:
    """What was appended can be read, by id and as the newest."""
    body = conversation("INACTIVE", at(1), name="Ann")
    stored = await log.append(body)
    event = parse(body, 0)
    found = await fetch(redis, keys, event.id)
    assert found

    assert ("stored", found.entry_id, 1) == (stored.outcome, stored.entry_id, stored.sequence)
    same = ("id", "kind", "timestamp", "source", "account_id", "conversation_id", "status", "data")
    assert [getattr(event, name) for name in same] == [getattr(found, name) for name in same]
    assert [found] == (await newest(redis, keys, limit=10)).events


async def test_a_repeat_names_the_first(log: Log) -> None:
    """A duplicate is told where the first stands, and takes no number."""
    first = await log.append(communication(1))
    again = await log.append(communication(1))
    other = await log.append(communication(2))

    assert Appended("duplicate", first.entry_id, None, CONVERSATION) == again
    assert ("stored", 2) == (other.outcome, other.sequence)


@pytest.mark.parametrize("gone", ["event", "index"])
async def test_either_claim_is_enough(log: Log, redis: Redis, keys: Keys, gone: str) -> None:
    """The event's own key may have run out while the conversation is open, and the index before the key."""
    first = await log.append(communication(1))
    event_id = parse(communication(1), 0).id
    await redis.delete(keys.event(event_id) if gone == "event" else keys.conversation_events(CONVERSATION))

    assert Appended("duplicate", first.entry_id, None, CONVERSATION) == await log.append(communication(1))


async def test_events_without_conversation_have_no_sequence(log: Log, redis: Redis, keys: Keys) -> None:
    """They are stored, and recognised when they come again."""
    body = written("CALL_ENDED", {"id": "x"}, at(1))

    assert ["stored", "duplicate"] == [(await log.append(body)).outcome for _ in range(2)]
    assert [None] == [event.sequence for event in (await newest(redis, keys, limit=9)).events]
    assert [] == await redis.keys("ce:conversation:*")


async def test_lives(log: Log, redis: Redis, keys: Keys) -> None:
    """The claim lives as long as the log; the conversation 90 days while open, and as the log once closed."""
    event_id = parse(communication(1), 0).id
    await log.append(communication(1), HOUR * 10**5)
    await log.append(conversation("ACTIVE", ago(9)), HOUR)
    names = (keys.conversation(CONVERSATION), keys.conversation_events(CONVERSATION))
    opened = [await redis.ttl(name) for name in names]
    await log.append(conversation("CLOSED", ago(8)), HOUR)
    closed = [await redis.ttl(name) for name in names]

    assert pytest.approx([OPEN_CONVERSATION_LIFE] * 2, abs=5) == opened
    assert pytest.approx([HOUR] * 2, abs=5) == closed
    assert pytest.approx(HOUR * 10**5, abs=5) == await redis.ttl(keys.event(event_id))


async def test_an_open_conversation_lives_no_shorter_than_the_log(log: Log, redis: Redis, keys: Keys) -> None:
    """A log of a year keeps its conversations a year."""
    year = 365 * 86400
    await log.append(conversation("ACTIVE", ago(9)), year)

    assert pytest.approx(year, abs=5) == await redis.ttl(keys.conversation(CONVERSATION))


async def test_a_late_event_of_a_closed_conversation_leaves_its_life_short(log: Log, redis: Redis, keys: Keys) -> None:
    """What trickles in after the end does not open it again."""
    await log.append(conversation("CLOSED", ago(9)), HOUR)
    await log.append(communication(1, ago(8)), HOUR)

    assert pytest.approx(HOUR, abs=5) == await redis.ttl(keys.conversation(CONVERSATION))


@pytest.mark.parametrize(
    ("states", "expected", "held"),
    [
        # (status, minute) in the order of arrival; types after it; status and minute that are held in the end
        ([("ACTIVE", 1), ("INACTIVE", 5), ("ACTIVE", 3)], ["updated", "inactivated", "updated"], ("INACTIVE", 5)),
        ([("INACTIVE", 5), ("CLOSED", 3)], ["inactivated", "closed"], ("CLOSED", 5)),
        ([("CLOSED", 5), ("ACTIVE", 6)], ["closed", "updated"], ("CLOSED", 5)),
        ([("CLOSED", 5), ("INACTIVE", 4)], ["closed", "updated"], ("CLOSED", 5)),
        ([("CLOSED", 5), ("CLOSED", 6)], ["closed", "updated"], ("CLOSED", 6)),
        ([("INACTIVE", 1), ("INACTIVE", 2)], ["inactivated", "updated"], ("INACTIVE", 2)),
        ([("ACTIVE", 1), (None, 2), ("INACTIVE", 3)], ["updated", "updated", "inactivated"], ("INACTIVE", 3)),
        ([("INACTIVE", 1), ("ACTIVE", 1)], ["inactivated", "reactivated"], ("ACTIVE", 1)),
    ],
)
async def test_states_never_go_backwards(
    log: Log, states: list[tuple[str | None, int]], expected: list[str], held: tuple[str, int]
) -> None:
    """Older states are late; CLOSED wins whatever its time, and nothing comes after it."""
    for status, minute in states:
        await log.append(conversation(status, at(minute)))

    assert [f"conversation.{name}" for name in expected] == await log.types()
    assert [held[0], f"2026-11-20T14:{held[1]:02d}:00.000000Z"] == await log.held("status", "updated_at")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([6], ["inactivated", "inactivated"]),
        ([5], ["inactivated", "updated"]),
        ([4], ["inactivated", "updated"]),
        ([], ["inactivated", "updated"]),
    ],
)
async def test_a_second_silence(log: Log, said: list[int], expected: list[str]) -> None:
    """Is one of its own where there was traffic after the first, although Twilio's word of that was lost."""
    await log.append(conversation("INACTIVE", at(5)))
    for number, minute in enumerate(said):
        await log.append(communication(number, at(minute)))
    await log.append(conversation("INACTIVE", at(9)))
    await log.append(conversation("INACTIVE", at(10)))

    types = [name for name in await log.types() if name.startswith("conversation.")]
    assert [*(f"conversation.{name}" for name in expected), "conversation.updated"] == types


@pytest.mark.parametrize(
    ("minutes", "late"),
    [
        ([5, 3], [False, True]),
        ([3, 5], [False, False]),
        ([3, 5, 4, 6], [False, False, True, False]),
        ([3, 3], [False, False]),
    ],
)
async def test_states_of_a_message(log: Log, redis: Redis, keys: Keys, minutes: list[int], late: list[bool]) -> None:
    """Each resource has its own newest state; another one of the same conversation is not late."""
    for number, minute in enumerate(minutes):
        data = {"id": "m", "conversationId": CONVERSATION, "updatedAt": at(minute), "content": number}
        await log.append(written("COMMUNICATION_UPDATED", data, at(minute)))
    await log.append(communication(1, at(1)))
    events = reversed((await newest(redis, keys, limit=9)).events)

    assert [*late, False] == [event.late for event in events]


async def test_the_width_of_times_does_not_make_a_state_late(log: Log) -> None:
    """.9 of a second is before the next one, however many digits they have."""
    for time_ in ("2026-11-20T14:00:00.9Z", "2026-11-20T14:00:01Z", "2026-11-20T14:00:01.000001Z"):
        await log.append(conversation("ACTIVE", time_))

    assert ["2026-11-20T14:00:01.000001Z"] == await log.held("updated_at")


@pytest.mark.parametrize(("age", "expected"), [(HOUR - 60, "stored"), (HOUR + 60, "stale")])
async def test_older_than_the_log(log: Log, redis: Redis, keys: Keys, age: int, expected: str) -> None:
    """It cannot be proved to be new, and leaves nothing behind."""
    assert expected == (await log.append(communication(1, ago(age)), HOUR)).outcome
    assert (expected == "stored") == bool(await redis.exists(keys.events, keys.conversation(CONVERSATION), keys.stats))


async def test_older_than_the_log_but_of_an_open_conversation(log: Log) -> None:
    """While the conversation is remembered, its index tells the new from the repeated."""
    await log.append(conversation("ACTIVE", ago(9)), HOUR)
    old = communication(1, ago(HOUR * 2))

    assert ["stored", "duplicate"] == [(await log.append(old, HOUR)).outcome for _ in range(2)]


async def test_a_failed_append_writes_nothing(log: Log, redis: Redis, keys: Keys) -> None:
    """Where the conversation's key is something else, no claim is left that would swallow the repetition."""
    await redis.set(keys.conversation(CONVERSATION), "not a hash")
    with pytest.raises(Exception, match="WRONGTYPE"):
        await log.append(communication(1))
    await redis.delete(keys.conversation(CONVERSATION))

    assert ("stored", 1) == ((again := await log.append(communication(1))).outcome, again.sequence)


async def test_the_age_of_a_callback_without_timestamp(log: Log) -> None:
    """The resource's own time tells it, and a captured one is as old as that."""
    body = b'{"eventType":"PARTICIPANT_UPDATED","data":{"id":"p","updatedAt":"2020-01-01T00:00:00Z"}}'

    assert "stale" == (await log.append(body, HOUR)).outcome


async def test_resources_without_id_are_not_compared(log: Log, redis: Redis, keys: Keys) -> None:
    """Nothing says that the one had overtaken the other."""
    for n in (5, 3):
        await log.append(written("CALL_ENDED", {"conversationId": CONVERSATION, "n": n}, f"2026-11-20T14:0{n}:00Z"))

    assert [False, False] == [event.late for event in (await newest(redis, keys, limit=9)).events]
