"""Relays that die: noticed by their silence, robbed of what they held, counted, and forgotten when nothing is left."""

import pytest
from redis.asyncio import Redis

from service.events.delivery import Claim, Settlement
from service.store.deliveries import bury, heartbeat, held, take_over
from service.store.keys import Keys
from service.store.settlement import settle
from tests.routed_deliveries import RELAY, add_endpoint, route, taken
from workers.delivery.courier import MOST_DEATHS

pytestmark = pytest.mark.anyio
OTHER = "relay-2"


def success(claim: Claim) -> Settlement:
    """Return an outcome to record."""
    return Settlement(claim=claim, state="delivered", record=b"", life=3600, at_ms=1)


async def dies(redis: Redis, keys: Keys, relay: str) -> None:
    """Let a relay's last heartbeat be long ago."""
    await heartbeat(redis, keys, relay)
    await redis.zincrby(keys.relays, -11_000, relay)


async def test_heartbeats(redis: Redis, keys: Keys) -> None:
    """Who was silent for ten seconds is dead, and lives again with the next beat."""
    alive = [(await heartbeat(redis, keys, name))[1] for name in (RELAY, OTHER)]
    await redis.zincrby(keys.relays, -9_000, OTHER)
    _, silent = await heartbeat(redis, keys, RELAY)
    await redis.zincrby(keys.relays, -2_000, OTHER)
    _, dead = await heartbeat(redis, keys, RELAY)
    await heartbeat(redis, keys, OTHER)
    _, back = await heartbeat(redis, keys, RELAY)

    assert [[], [], [], [OTHER], []] == [*alive, silent, dead, back]


async def test_a_heartbeat_knows_its_own_age(redis: Redis, keys: Keys) -> None:
    """Who comes from nothing, or from a long silence, can tell."""
    first, _ = await heartbeat(redis, keys, RELAY)
    await redis.zincrby(keys.relays, -11_000, RELAY)
    second, _ = await heartbeat(redis, keys, RELAY)

    assert first is None
    assert second is not None
    assert 11 <= second < 13


async def test_taking_over(redis: Redis, keys: Keys) -> None:
    """What the dead held is ours, as far as there are slots, and theirs no more."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 3, ("ep_a",))
    before = await taken(redis, keys, "ep_a", 3)
    claims = [await take_over(redis, keys, OTHER, RELAY, {"ep_a": n, "ep_gone": n}) for n in (2, 2, 2)]
    theirs = await settle(redis, keys, RELAY, [success(claim) for claim in before])
    ours = await settle(redis, keys, OTHER, [success(claim) for found in claims for claim in found])

    assert [2, 1, 0] == [len(found) for found in claims]
    assert [claim.event_id for claim in before] == [claim.event_id for found in claims for claim in found]
    assert [[False] * 3, [True] * 3] == [[each.ours for each in settled] for settled in (theirs, ours)]


async def test_deaths_are_counted(redis: Redis, keys: Keys) -> None:
    """Each owner that died on a delivery is one; retries and recoveries are none."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 1, ("ep_a",))
    await taken(redis, keys, "ep_a", relay="relay-0")
    deaths = []
    for number in range(MOST_DEATHS):
        await held(redis, keys, f"relay-{number}", ["ep_a"], least_idle=0)
        claims = await take_over(redis, keys, f"relay-{number + 1}", f"relay-{number}", {"ep_a": 8})
        deaths += [claim.deaths for claim in claims]

    assert [1, 2, 3] == deaths


async def test_what_is_held_without_our_knowing(redis: Redis, keys: Keys) -> None:
    """It can be found again, once it has lain for a while, and is not touched by looking."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 2, ("ep_a",))
    claims = await taken(redis, keys, "ep_a", 2)
    asked = ((RELAY, 0), (RELAY, 60), (OTHER, 0))

    assert [claims, [], []] == [
        await held(redis, keys, relay, ["ep_a", "ep_gone"], least_idle=idle) for relay, idle in asked
    ]


async def test_a_relay_is_buried_when_nothing_is_left(redis: Redis, keys: Keys) -> None:
    """Not while it lives, not while it holds something; then its consumers go with it."""
    await add_endpoint(redis, keys, "ep_a")
    await add_endpoint(redis, keys, "ep_b")
    await route(redis, keys, 1, ("ep_a", "ep_b"))
    await heartbeat(redis, keys, RELAY)
    (claim,) = await taken(redis, keys, "ep_b")
    names = ["ep_a", "ep_b", "ep_gone"]
    alive = await bury(redis, keys, RELAY, names)
    await dies(redis, keys, RELAY)
    holding = [await bury(redis, keys, RELAY, names), await bury(redis, keys, RELAY, names, leaving=True)]
    await take_over(redis, keys, OTHER, RELAY, {claim.endpoint_id: 8})
    gone = await bury(redis, keys, RELAY, names)

    assert [False, [False, False], True] == [alive, holding, gone]
    assert [[], [b"relay-2"]] == [
        [c["name"] for c in await redis.xinfo_consumers(keys.deliveries(n), "relay")] for n in names[:2]
    ]
    assert [] == await redis.zrange(keys.relays, 0, -1)


async def test_who_leaves_in_order_is_forgotten_at_once(redis: Redis, keys: Keys) -> None:
    """A relay that drained is nobody's worry."""
    await heartbeat(redis, keys, RELAY)

    assert await bury(redis, keys, RELAY, [], leaving=True)
    assert 0 == await redis.exists(keys.relays)
