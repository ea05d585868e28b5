"""Group commit: concurrent appends in one write, each answered for itself."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from redis.asyncio import Redis

from service.events.times import from_milliseconds
from service.store.client import connect
from service.store.event_log import Appended, EventLog, StorageUnavailableError
from service.store.events import newest
from service.store.keys import Keys
from service.tasks import cancelled
from service.twilio.callbacks import parse
from tests.real_redis import RealRedis
from tests.twilio_callbacks import communication

pytestmark = pytest.mark.anyio
CENTURY = 36500 * 86400


@pytest.fixture
async def log(redis: Redis, keys: Keys) -> AsyncIterator[EventLog]:
    """A log that is running."""
    log = EventLog(redis, keys, retention=CENTURY)
    running = asyncio.ensure_future(log.run())
    yield log
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def append(log: EventLog, number: int, conversation: str = "conv_1") -> Appended:
    """Append the event of this number."""
    return await log.append(parse(communication(number, conversation_id=conversation), 0))


async def test_concurrent_appends(log: EventLog, redis: Redis, keys: Keys) -> None:
    """All are stored, in the order in which they were asked for, with the sequence of each conversation."""
    names = [f"conv_{number % 7}" for number in range(300)]
    answers = await asyncio.gather(*(append(log, number, name) for number, name in enumerate(names)))
    stored = (await newest(redis, keys, limit=1000)).events[::-1]

    assert [answer.entry_id for answer in answers] == [event.entry_id for event in stored]
    assert names == [event.conversation_id for event in stored]
    assert [number // 7 + 1 for number in range(300)] == [answer.sequence for answer in answers]


async def test_the_same_event_at_once(log: EventLog) -> None:
    """Of twenty at the same time one is stored."""
    answers = await asyncio.gather(*(append(log, 1) for _ in range(20)))

    assert ["duplicate"] * 19 + ["stored"] == sorted(answer.outcome for answer in answers)
    assert 1 == len({answer.entry_id for answer in answers})


async def test_each_error_is_its_own(log: EventLog, redis: Redis, keys: Keys) -> None:
    """Appends that Redis refuses fail, and those around them do not."""
    for name in ("conv_3", "conv_5"):
        await redis.set(keys.conversation(name), "not a hash")
    answers = await asyncio.gather(*(append(log, n, f"conv_{n}") for n in range(9)), return_exceptions=True)

    assert [3, 5] == [n for n, answer in enumerate(answers) if isinstance(answer, StorageUnavailableError)]
    assert 7 == len([answer for answer in answers if isinstance(answer, Appended)])


async def test_who_gave_up_is_not_stored_behind_their_back(log: EventLog, redis: Redis, keys: Keys) -> None:
    """A request that was cancelled while it waited is left out, and the others go on."""
    waiting = [asyncio.ensure_future(append(log, number)) for number in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    stored = {event.id for event in (await newest(redis, keys, limit=9)).events}

    assert {parse(communication(n, conversation_id="conv_1"), 0).id for n in (0, 2)} == stored


async def test_too_few_replicas(redis: Redis, keys: Keys) -> None:
    """With REDIS_WAIT_REPLICAS an append that no replica confirmed is not answered as stored."""
    log = EventLog(redis, keys, retention=CENTURY, wait_replicas=1)
    running = asyncio.ensure_future(log.run())
    with pytest.raises(StorageUnavailableError):
        await append(log, 1)

    assert not running.done()
    running.cancel()


async def test_a_master_that_became_a_replica(own_redis: RealRedis, keys: Keys) -> None:
    """READONLY, and WAIT that is no command for a replica, are storage that is away; it heals after the failover."""
    redis = connect(own_redis.url)
    log = EventLog(redis, keys, retention=CENTURY)
    strict = EventLog(redis, keys, retention=CENTURY, wait_replicas=1)
    running = [asyncio.ensure_future(each.run()) for each in (log, strict)]
    await redis.replicaof("127.0.0.1", "1")
    refused = [await asyncio.gather(append(each, 1), return_exceptions=True) for each in (log, strict)]
    await redis.replicaof("NO", "ONE")

    assert [StorageUnavailableError] * 2 == [type(answer) for (answer,) in refused]
    assert "stored" == (await append(log, 1)).outcome
    assert [False, False] == [task.done() for task in running]
    for task in running:
        task.cancel()
    await redis.aclose(close_connection_pool=True)


async def test_a_log_that_does_not_run(redis: Redis, keys: Keys) -> None:
    """Nobody waits for it: what was waiting when it ended fails, and so does what comes later."""
    log = EventLog(redis, keys, retention=CENTURY)
    running = asyncio.ensure_future(log.run())
    await asyncio.sleep(0)
    waiting = [asyncio.ensure_future(append(log, number)) for number in range(3)]
    await asyncio.sleep(0)
    while not running.done():
        running.cancel()
        await asyncio.sleep(0.01)
    answers = await asyncio.wait_for(asyncio.gather(*waiting, append(log, 9), return_exceptions=True), 1)

    assert isinstance(answers[3], StorageUnavailableError)
    assert {StorageUnavailableError, Appended} >= {type(answer) for answer in answers}


async def test_a_repetition_after_a_quiet_time_is_stale(redis: Redis, keys: Keys) -> None:
    """However long nothing came, what is older than the log is refused."""
    log = EventLog(redis, keys, retention=1)
    running = asyncio.ensure_future(log.run())
    await asyncio.sleep(0)
    first, second = (
        parse(communication(number, from_milliseconds(int(time.time() * 1000)), conversation_id=f"conv_{number}"), 0)
        for number in (1, 2)
    )
    await log.append(first)
    await asyncio.sleep(1.2)  # not for luck: that it grows old is what is tested
    again = await log.append(second)
    await cancelled([running])

    assert "stale" == again.outcome
