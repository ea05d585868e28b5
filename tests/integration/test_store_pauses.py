"""The breakers' state in Redis: how long a pause is, who probes, and what ends it."""

import pytest
from redis.asyncio import Redis

from service.store import endpoints, pauses
from service.store.health import health
from service.store.keys import Keys
from tests.routed_deliveries import add_endpoint

pytestmark = pytest.mark.anyio
FIRST, LONGEST, LEASE = 30.0, 600.0, 20.0


async def pause(redis: Redis, keys: Keys, *, probe_failed: bool = False) -> float:
    """Pause the endpoint of these tests, and return the seconds until its next probe."""
    found = await pauses.pause(redis, keys, "ep_a", first=FIRST, longest=LONGEST, probe_failed=probe_failed)
    return round(found, 1)


async def over(redis: Redis, keys: Keys) -> None:
    """Let its pause be over."""
    await redis.zadd(keys.paused, {"ep_a": 1}, xx=True)


@pytest.fixture(autouse=True)
async def endpoint(redis: Redis, keys: Keys) -> None:
    """Make the endpoint of these tests."""
    await add_endpoint(redis, keys, "ep_a")


async def test_a_pause_doubles_with_each_failed_probe(redis: Redis, keys: Keys) -> None:
    """From half a minute to ten minutes, and begins anew after a success."""
    lengths = [await pause(redis, keys, probe_failed=number > 0) for number in range(8)]
    shown = (await pauses.paused(redis, keys))["ep_a"]
    await pauses.resume(redis, keys, "ep_a")
    lengths.append(await pause(redis, keys))

    assert [30, 60, 120, 240, 480, 600, 600, 600, 30] == lengths
    assert pytest.approx(LONGEST, abs=1) == shown


async def test_one_breakdown_is_one_pause(redis: Redis, keys: Keys) -> None:
    """Where several relays see it, the first one's pause holds."""
    await pause(redis, keys)
    await redis.zincrby(keys.paused, -12_000, "ep_a")
    second = await pause(redis, keys)
    fares = (await health(redis, keys, ["ep_a"]))["ep_a"]

    assert pytest.approx(18, abs=1) == second
    assert 1 == fares.pauses
    assert fares.paused_until == await redis.zscore(keys.paused, "ep_a")


async def test_one_relay_probes(redis: Redis, keys: Keys) -> None:
    """Nobody before the pause is over, one then, and another when that one's time is up."""
    await pause(redis, keys)
    asked = [await pauses.probe(redis, keys, "ep_a", LEASE)]
    await over(redis, keys)
    asked += [await pauses.probe(redis, keys, "ep_a", LEASE) for _ in range(3)]
    shown = (await pauses.paused(redis, keys))["ep_a"]
    await over(redis, keys)
    asked += [await pauses.probe(redis, keys, "ep_a", LEASE) for _ in range(2)]

    assert [False, True, False, False, True, False] == asked
    assert pytest.approx(LEASE, abs=1) == shown


async def test_a_probe_is_given_back(redis: Redis, keys: Keys) -> None:
    """Whoever finds nothing to send lets the others try; the pauses so far are not forgotten."""
    await pause(redis, keys)
    await over(redis, keys)
    await pauses.probe(redis, keys, "ep_a", LEASE)
    await pauses.give_back(redis, keys, "ep_a")
    left = await pauses.paused(redis, keys)
    again = await pauses.probe(redis, keys, "ep_a", LEASE)

    assert ({"ep_a": 0.0}, True) == (left, again)
    assert 60 == await pause(redis, keys, probe_failed=True)


@pytest.mark.parametrize("what", ["probe", "give back", "resume"])
async def test_who_is_not_paused_stays_so(redis: Redis, keys: Keys, what: str) -> None:
    """A relay that heard late changes nothing."""
    if what == "probe":
        assert not await pauses.probe(redis, keys, "ep_a", LEASE)
    elif what == "give back":
        await pauses.give_back(redis, keys, "ep_a")
    else:
        await pauses.resume(redis, keys, "ep_a")

    assert {} == await pauses.paused(redis, keys)


async def test_the_end_of_a_pause_is_announced(redis: Redis, keys: Keys) -> None:
    """Those that have waited are taken at once, by whoever listens."""
    async with redis.pubsub() as channel:
        await channel.subscribe(keys.ready)
        await channel.get_message(timeout=1)
        await pause(redis, keys)
        await pauses.resume(redis, keys, "ep_a")
        message = await channel.get_message(timeout=1)

    assert message
    assert b"ep_a" == message["data"]


@pytest.mark.parametrize("probe_failed", [True, False])
async def test_a_removed_endpoint_is_not_paused(redis: Redis, keys: Keys, probe_failed: bool) -> None:  # noqa: FBT001 - a parameter
    """What its last attempt came to leaves nothing of it behind."""
    await endpoints.remove(redis, keys, "ep_a")
    await pause(redis, keys, probe_failed=probe_failed)

    assert [keys.endpoints_version.encode()] == await redis.keys()
