"""The check of a Redis against real ones: fit, unfit, away, locked, and one that does not show its settings."""

import asyncio

import pytest
from structlog.testing import capture_logs

from service.store.checks import UnfitRedisError, check
from service.store.client import connect
from tests.real_redis import RealRedis

pytestmark = pytest.mark.anyio


async def checked(url: str) -> list[dict[str, object]]:
    """Check a Redis as strictly as can be, and return what was logged of it."""
    redis = connect(url)
    try:
        with capture_logs() as logged:
            await check(redis, "always")
    finally:
        await redis.aclose(close_connection_pool=True)
    return [dict(line) for line in logged]


async def test_a_durable_redis_is_accepted_in_silence(redis_url: str) -> None:
    """A fit Redis is accepted, and nothing is said about it."""
    actual = await checked(redis_url)

    assert [] == actual


async def test_an_unfit_redis_is_refused_with_every_cure(own_redis: RealRedis) -> None:
    """Each setting that could lose events is named with the line that mends it, and mending it helps."""
    wrong = {"appendfsync": ("everysec", "always"), "maxmemory-policy": ("allkeys-lru", "noeviction")}
    with own_redis.client() as redis:
        for name, (bad, _) in wrong.items():
            redis.config_set(name, bad)
        with pytest.raises(UnfitRedisError) as caught:
            await checked(own_redis.url)
        for name, (_, good) in wrong.items():
            redis.config_set(name, good)

    for name, (_, good) in wrong.items():
        assert f"CONFIG SET {name} {good}" in str(caught.value)
    assert [] == await checked(own_redis.url)


async def test_a_redis_that_is_away_is_waited_for(own_redis: RealRedis) -> None:
    """While Redis is away the check waits and says so; it goes on once Redis is back."""
    own_redis.kill()
    checking = asyncio.create_task(checked(own_redis.url))
    await asyncio.sleep(0.3)
    waiting = not checking.done()
    await asyncio.to_thread(own_redis.start)

    logged = await checking

    assert waiting
    assert {"redis.waiting"} == {line["event"] for line in logged}


async def test_settings_that_cannot_be_read_are_taken_on_trust(own_redis: RealRedis) -> None:
    """Where CONFIG is not permitted, the word of REDIS_DURABILITY is taken and logged."""
    with own_redis.client() as redis:
        redis.config_set("appendfsync", "everysec")
    _give_user(own_redis, "-config")

    [actual] = await checked(own_redis.url.replace("unix://", "unix://app:secret@"))

    assert ("redis.unverified", "always") == (actual["event"], actual["taken_on_trust"])
    assert "secret" not in str(actual)


async def test_wrong_credentials_are_refused_at_once(own_redis: RealRedis) -> None:
    """A password that Redis refuses is no outage to wait for, and is not repeated."""
    _give_user(own_redis)

    with pytest.raises(UnfitRedisError, match="refuses the credentials in REDIS_URL") as caught:
        await checked(own_redis.url.replace("unix://", "unix://app:guessed@"))

    assert "guessed" not in str(caught.value)


def _give_user(own_redis: RealRedis, *without: str) -> None:
    with own_redis.client() as redis:
        redis.acl_setuser(
            "app", enabled=True, passwords=["+secret"], keys=["*"], categories=["+@all"], commands=list(without)
        )
