"""What recording outcomes leaves behind: how an endpoint fares, its dead, and no more of its failures than are kept."""

import pytest
from redis.asyncio import Redis

from service.endpoints.health import Health
from service.events.delivery import Claim, Settled
from service.store.deliveries import move_due
from service.store.health import health
from service.store.keys import Keys
from service.store.settlement import MOST_FAILED, PUSHED_OUT_KEPT, settle
from tests.routed_deliveries import RELAY, add_endpoint, outcome, route, taken

pytestmark = pytest.mark.anyio
FAILED_KEPT = 30 * 86400
LATER = 32503680000000


async def claims(redis: Redis, keys: Keys, number: int) -> list[Claim]:
    """Let a relay hold so many deliveries of a new endpoint."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, number, ("ep_a",))
    return await taken(redis, keys, "ep_a", number)


async def failed(redis: Redis, keys: Keys, claim: Claim, at_ms: int, **more: object) -> Settled:
    """Record a failure, and return what that came to."""
    given = {"at_ms": at_ms, "due_ms": LATER, "life": FAILED_KEPT, **more}
    (settled,) = await settle(redis, keys, RELAY, [outcome(claim, "retrying", **given)])
    return settled


async def test_failures_are_counted_from_the_last_success(redis: Redis, keys: Keys) -> None:
    """With the time of the first of them; a success begins anew, and is noted where that was asked for."""
    held = await claims(redis, keys, 6)
    told = [await failed(redis, keys, held[0], 1000), await failed(redis, keys, held[1], 2000)]
    fares = [(await health(redis, keys, ["ep_a"]))["ep_a"]]
    (success,) = await settle(redis, keys, RELAY, [outcome(held[2], success_ms=3000)])
    fares.append((await health(redis, keys, ["ep_a"]))["ep_a"])
    told.append(await failed(redis, keys, held[3], 4000))
    await settle(redis, keys, RELAY, [outcome(held[4])])
    told.append(await failed(redis, keys, held[5], 6000))

    assert [
        Settled(True, 1, 1000), Settled(True, 2, 1000), Settled(True, 1, 4000, 3000), Settled(True, 1, 6000, 3000),  # noqa: FBT003
    ] == told  # fmt: skip
    assert Settled(ours=True) == success
    assert [Health(first_failure=1000, failures=2), Health(last_success=3000)] == fares


async def test_our_own_faults_are_not_the_endpoints(redis: Redis, keys: Keys) -> None:
    """They are recorded with the event, and not counted."""
    (claim,) = await claims(redis, keys, 1)
    settled = await failed(redis, keys, claim, 1000, blames=False)

    assert Settled(ours=True) == settled
    assert Health() == (await health(redis, keys, ["ep_a"]))["ep_a"]
    assert b"retrying" == await redis.hget(keys.event_deliveries(claim.event_id), "ep_a")


async def test_a_success_after_a_warning(redis: Redis, keys: Keys) -> None:
    """It tells of the warning until somebody has told of the recovery, for whoever does may die on the way."""
    held = await claims(redis, keys, 4)
    await failed(redis, keys, held[0], 1000)
    await redis.hset(keys.endpoint_health("ep_a"), "warned", "70")
    told = [await failed(redis, keys, held[1], 2000)]
    for claim in held[2:]:
        told += await settle(redis, keys, RELAY, [outcome(claim)])

    assert [(2, 70), (0, 70), (0, 70)] == [(each.failures, each.warned) for each in told]


async def test_failures_that_are_remembered_are_bounded(redis: Redis, keys: Keys) -> None:
    """The newest thousand of an endpoint; what they push out is remembered for three days instead of thirty."""
    number = MOST_FAILED + 5
    held = await claims(redis, keys, number)
    for claim in held:
        await failed(redis, keys, claim, 1000)
    lives = [await redis.ttl(keys.event_deliveries(claim.event_id)) for claim in held]

    assert MOST_FAILED == await redis.xlen(keys.failed("ep_a"))
    assert [PUSHED_OUT_KEPT] * 5 == [pytest.approx(life, abs=30) for life in lives[:5]]
    assert FAILED_KEPT - 30 <= min(lives[5:])


async def test_what_is_pushed_out_and_fails_again(redis: Redis, keys: Keys) -> None:
    """It is remembered for as long as any failure, and never shorter than it was going to be."""
    held = await claims(redis, keys, MOST_FAILED + 2)
    await failed(redis, keys, held[0], 1000, due_ms=1)
    await failed(redis, keys, held[1], 1000)
    await redis.expire(keys.event_deliveries(held[1].event_id), 60)
    await move_due(redis, keys)
    (again,) = await taken(redis, keys, "ep_a")
    for claim in held[2:]:
        await failed(redis, keys, claim, 1000)
    await failed(redis, keys, again, 1000)

    assert (held[0].event_id, 2) == (again.event_id, again.attempt)
    assert [FAILED_KEPT, 60] == [
        pytest.approx(await redis.ttl(keys.event_deliveries(claim.event_id)), abs=30) for claim in held[:2]
    ]


async def test_what_pushes_itself_out(redis: Redis, keys: Keys) -> None:
    """An event of which a new failure takes the place of its old one is remembered as long as the new one."""
    held = await claims(redis, keys, MOST_FAILED)
    await failed(redis, keys, held[0], 1000, due_ms=1)
    for claim in held[1:]:
        await failed(redis, keys, claim, 1000)
    await move_due(redis, keys)
    (again,) = await taken(redis, keys, "ep_a")
    await failed(redis, keys, again, 1000)
    life = await redis.ttl(keys.event_deliveries(held[0].event_id))

    assert (held[0].event_id, MOST_FAILED) == (again.event_id, await redis.xlen(keys.failed("ep_a")))
    assert pytest.approx(FAILED_KEPT, abs=30) == life


async def test_the_dead_are_found_by_their_time(redis: Redis, keys: Keys) -> None:
    """With their record, and what the subscriber had to say; nothing waits for them."""
    held = await claims(redis, keys, 2)
    for claim, at in zip(held, (2000, 1000), strict=True):
        one = outcome(claim, "dead", dead=b'{"reason":"x"}', at_ms=at, answer="no", life=FAILED_KEPT)
        await settle(redis, keys, RELAY, [one])
    record = await redis.hgetall(keys.event_deliveries(held[0].event_id))

    assert [held[1].event_id.encode(), held[0].event_id.encode()] == await redis.zrange(keys.dead_at("ep_a"), 0, -1)
    assert {claim.event_id.encode() for claim in held} == set(await redis.hkeys(keys.dead("ep_a")))
    assert {b"ep_a": b"dead", b"ep_a:1": b"{}", b"ep_a:answer": b"no"} == record
    assert (0, 0) == (await redis.zcard(keys.retries), await redis.xlen(keys.deliveries("ep_a")))


async def test_a_later_success_does_not_shorten_the_memory_of_a_failure(redis: Redis, keys: Keys) -> None:
    """Of one event, whichever endpoint failed; a success alone shortens what routing gave."""
    await add_endpoint(redis, keys, "ep_a")
    await add_endpoint(redis, keys, "ep_b")
    await route(redis, keys, 2, ("ep_a", "ep_b"))
    (first, second), (first_b, second_b) = await taken(redis, keys, "ep_a", 2), await taken(redis, keys, "ep_b", 2)
    await failed(redis, keys, first, 1000)
    await settle(redis, keys, RELAY, [outcome(each, life=72 * 3600) for each in (first_b, second, second_b)])
    lives = [await redis.ttl(keys.event_deliveries(claim.event_id)) for claim in (first, second)]

    assert [pytest.approx(FAILED_KEPT, abs=30), pytest.approx(72 * 3600, abs=30)] == lives
