"""Connections to Redis: opened when needed, closed by their owner, and never left with somebody else's replies."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as LostConnectionError
from redis.exceptions import RedisError, ResponseError

from service.store.client import connect, reconnecting, run, script, sentinel_parts
from service.store.keys import Keys
from service.store.line import exchange, run_each
from tests.eventually import eventually
from tests.real_redis import RealRedis

pytestmark = pytest.mark.anyio


async def test_a_closed_client_has_no_connection(redis_server: RealRedis, redis_url: str) -> None:
    """What the client opened it closes."""
    with redis_server.client() as watcher:
        before = watcher.info("clients")["connected_clients"]
        client = connect(redis_url)
        await asyncio.gather(*(client.ping() for _ in range(5)))
        await client.aclose()

        assert eventually(lambda: watcher.info("clients")["connected_clients"] == before, 1)


async def test_replies_come_in_order(redis: Redis) -> None:
    """An error is a value among them, and the commands around it are done."""
    await redis.set("text", "x")
    replies = await exchange(redis, [("SET", "a", 1), ("LPUSH", "text", "y"), ("INCR", "a"), ("GET", "none")])

    assert [b"OK", 2, None] == [replies[0], replies[2], replies[3]]
    assert isinstance(replies[1], ResponseError)


async def test_replies_that_nobody_read_are_nobody_elses(redis: Redis) -> None:
    """An exchange that took too long, and one that was cancelled, leave no reply to the next command."""
    with pytest.raises(RedisError):
        await exchange(redis, [("BLPOP", "nothing", 0), ("SET", "a", "late")], within=0.05)
    cancelled = asyncio.ensure_future(exchange(redis, [("BLPOP", "nothing", 0)]))
    await asyncio.sleep(0.02)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    await redis.set("b", "right")

    assert [b"right"] * 3 == [*(await exchange(redis, [("GET", "b")] * 2)), await redis.get("b")]


async def test_a_script_that_redis_does_not_know(redis: Redis, keys: Keys) -> None:
    """It is loaded, and what was done already is not done again."""
    call = (script("routing_lease"), (keys.routing_lease, keys.routing_cursor), ("relay-a", 5000))
    await redis.script_flush()
    replies = await run_each(redis, [call] * 3)
    await redis.script_flush()

    assert [b"0-0"] * 4 == [*replies, await run(redis, *call)]


async def test_reconnecting_waits_longer_each_time() -> None:
    """From the first pause to the longest, with a fifth of jitter; it ends with the first success."""
    failures = [LostConnectionError(), OSError(), LostConnectionError(), None]
    pauses: list[float] = []

    async def attempt() -> None:
        failure = failures.pop(0)
        if failure:
            raise failure

    await reconnecting(attempt, lambda _, pause: pauses.append(pause), first=0.01, most=0.03)

    assert all(0.8 <= pause / step <= 1.2 for pause, step in zip(pauses, [0.01, 0.02, 0.03], strict=True))


async def test_reconnecting_is_for_redis_alone() -> None:
    """Another error is a fault of ours, and raised."""

    async def attempt() -> None:
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        await reconnecting(attempt, lambda *_: None)


async def test_the_address_of_sentinels() -> None:
    """Hosts with their ports, the name of the master, the database."""
    expected = ([("a", 26379), ("b", 26380)], "mymaster", 2)

    assert expected == sentinel_parts("redis+sentinel://user:secret@a:26379,b:26380/mymaster/2")
    assert ([("a", 26379)], "mymaster", 0) == sentinel_parts("redis+sentinel://a:26379/mymaster")
