"""A rate limit: a bucket in Redis that all relays take from, filled by time alone."""

import time

import pytest
from redis.asyncio import Redis

from service.store.deliveries import Limited, take_limited
from service.store.keys import Keys
from tests.routed_deliveries import RELAY, add_endpoint, route

pytestmark = pytest.mark.anyio


async def taken(redis: Redis, keys: Keys, count: int, rate: float, relay: str = RELAY) -> tuple[int, float]:
    """Take at most so many of the endpoint of these tests; return how many came, and the seconds to wait."""
    found = await take_limited(redis, keys, relay, "ep_a", count, rate)
    assert found.claims is not None
    return len(found.claims), found.wait


async def later(redis: Redis, keys: Keys, seconds: float) -> None:
    """Let so much time have passed since the bucket was looked into."""
    await redis.hincrby(keys.endpoint_bucket("ep_a"), "at", -int(seconds * 1000))


@pytest.fixture(autouse=True)
async def deliveries(redis: Redis, keys: Keys) -> None:
    """Let a hundred deliveries wait."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 100, ("ep_a",))


async def test_a_second_is_saved_up(redis: Redis, keys: Keys) -> None:
    """As many as a second has tokens for at once, and then as time brings them, however long nobody asked."""
    first = [await taken(redis, keys, 8, 5.0), await taken(redis, keys, 8, 5.0)]
    await later(redis, keys, 0.5)
    half = await taken(redis, keys, 8, 5.0)
    await later(redis, keys, 3600)
    much = await taken(redis, keys, 8, 5.0)

    assert [5, 0, 2, 5] == [number for number, _ in [*first, half, much]]
    assert [pytest.approx(0.2, abs=0.03)] * 2 == [wait for _, wait in first]
    assert half[1] < 0.2


async def test_less_than_one_a_second(redis: Redis, keys: Keys) -> None:
    """One at once, the next when its time has come, not a moment sooner."""
    first = await taken(redis, keys, 8, 0.1)
    await later(redis, keys, 9.5)
    early = await taken(redis, keys, 8, 0.1)
    await later(redis, keys, 0.6)
    due = await taken(redis, keys, 8, 0.1)

    assert [1, 0, 1] == [number for number, _ in (first, early, due)]
    assert [pytest.approx(10, abs=0.1), pytest.approx(0.5, abs=0.1)] == [first[1], early[1]]


async def test_slots_limit_what_is_taken(redis: Redis, keys: Keys) -> None:
    """Tokens that are left need no waiting, and are used for the next."""
    assert [(8, 0.0), (8, 0.0), (4, pytest.approx(0.05, abs=0.03))] == [
        await taken(redis, keys, 8, 20.0) for _ in range(3)
    ]


async def test_two_relays_share_a_bucket(redis: Redis, keys: Keys) -> None:
    """Together they get what one would get."""
    began = time.monotonic()
    number = 0
    while time.monotonic() < began + 1.5:
        for relay in (RELAY, "relay-2"):
            number += (await taken(redis, keys, 3, 20.0, relay))[0]
    lasted = time.monotonic() - began

    assert 20 + 20 * lasted - 3 <= number <= 20 + 20 * lasted + 1


async def test_an_empty_stream_costs_nothing(redis: Redis, keys: Keys) -> None:
    """Looking is free: tokens are for deliveries."""
    await redis.xtrim(keys.deliveries("ep_a"), maxlen=0, approximate=False)
    nothing = [await taken(redis, keys, 8, 5.0) for _ in range(9)]
    await route(redis, keys, 9, ("ep_a",), first=100)

    assert [(0, 0.0)] * 9 == nothing
    assert 5 == (await taken(redis, keys, 8, 5.0))[0]


async def test_what_is_not_there_costs_nothing(redis: Redis, keys: Keys) -> None:
    """With fewer waiting than may be taken, the other tokens are left."""
    await redis.xtrim(keys.deliveries("ep_a"), maxlen=3, approximate=False)
    first = await taken(redis, keys, 8, 8.0)
    await route(redis, keys, 9, ("ep_a",), first=100)

    assert [(3, 0.0), 5] == [first, (await taken(redis, keys, 8, 8.0))[0]]


async def test_a_lower_limit_holds_at_once(redis: Redis, keys: Keys) -> None:
    """What was saved up under a higher one is lost."""
    await taken(redis, keys, 1, 50.0)

    assert [2, 0] == [(await taken(redis, keys, 8, 2.0))[0] for _ in range(2)]


async def test_a_missing_stream(redis: Redis, keys: Keys) -> None:
    """It is told apart from an empty one, and leaves no bucket."""
    assert Limited(None, 0.0) == await take_limited(redis, keys, RELAY, "ep_gone", 8, 5.0)
    assert 0 == await redis.exists(keys.endpoint_bucket("ep_gone"), keys.deliveries("ep_gone"))


async def test_a_bucket_is_forgotten(redis: Redis, keys: Keys) -> None:
    """A minute after its last use, or when it would be full again: then a new one is the same."""
    lives = []
    for rate in (5.0, 0.001):
        await taken(redis, keys, 8, rate)
        lives.append(await redis.pttl(keys.endpoint_bucket("ep_a")) / 1000)

    assert [pytest.approx(60, abs=1), pytest.approx(1000, abs=1)] == lives
