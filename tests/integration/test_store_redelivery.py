"""Events that an endpoint gets again: under new attempts, in its order, never twice at once."""

from typing import Any

import pytest
from redis.asyncio import Redis

from service.endpoints.endpoint import Endpoint
from service.events.delivery import Claim
from service.events.event import StoredEvent
from service.events.route import Target
from service.store import endpoints
from service.store.deliveries import ROUTED_KEPT, move_due
from service.store.keys import Keys
from service.store.redelivery import Redelivery, redeliver
from service.store.settlement import settle
from tests.routed_deliveries import RELAY, add_endpoint, outcome, route, taken
from tests.twilio_callbacks import CONVERSATION

pytestmark = pytest.mark.anyio
DEAD = b'{"reason":"x","attempts":2,"at":"2026-11-20T14:00:00Z","body":"{}"}'


def again(event: StoredEvent, previous: str | None = "0") -> Redelivery:
    """Return an event as it is to be redelivered."""
    return Redelivery(event.entry_id, event.id, previous, event.conversation_id, event.sequence)


async def die(redis: Redis, keys: Keys, claim: Claim) -> None:
    """Let a delivery fail once, and then for good."""
    await settle(redis, keys, RELAY, [outcome(claim, "retrying", due_ms=1)])
    await move_due(redis, keys)
    (second,) = await taken(redis, keys, "ep_a")
    await settle(redis, keys, RELAY, [outcome(second, "dead", dead=DEAD)])


async def dead_delivery(redis: Redis, keys: Keys, *, ordered: bool = False) -> tuple[Endpoint, StoredEvent]:
    """Return an endpoint, and an event that died there after two attempts."""
    endpoint = await add_endpoint(redis, keys, "ep_a", ordered=ordered)
    (event,) = await route(redis, keys, 1, [Target("ep_a", "*", "in_order" if endpoint.ordered else "at_once")])
    (claim,) = await taken(redis, keys, "ep_a")
    await die(redis, keys, claim)
    return endpoint, event


async def line(redis: Redis, keys: Keys) -> list[str]:
    """Return the events that stand in the endpoint's line, in its order."""
    places: Any = await redis.zrange(keys.ordered("ep_a"), 0, -1)
    return [place.split(b"|")[3].decode() for place in places]


async def test_the_dead_are_tried_again(redis: Redis, keys: Keys) -> None:
    """Attempts are counted on and the schedule begins anew; the dead delivery stays on record until it has arrived."""
    endpoint, event = await dead_delivery(redis, keys)
    number = await redeliver(redis, keys, endpoint, [again(event)])
    (claim,) = await taken(redis, keys, "ep_a")
    waiting = (await redis.hget(keys.event_deliveries(event.id), "ep_a"), await redis.hlen(keys.dead("ep_a")))
    await settle(redis, keys, RELAY, [outcome(claim)])

    assert (1, event.id, event.entry_id, "0", 3, 3) == (
        number, claim.event_id, claim.entry_id, claim.previous, claim.attempt, claim.first,
    )  # fmt: skip
    assert (b"waiting", 1) == waiting
    assert 0 == await redis.exists(keys.dead("ep_a"), keys.dead_at("ep_a"))


async def test_the_schedule_goes_on_from_where_it_began_anew(redis: Redis, keys: Keys) -> None:
    """A retry of a redelivery knows with which attempt that began."""
    endpoint, event = await dead_delivery(redis, keys)
    await redeliver(redis, keys, endpoint, [again(event)])
    (claim,) = await taken(redis, keys, "ep_a")
    await settle(redis, keys, RELAY, [outcome(claim, "retrying", due_ms=1)])
    await move_due(redis, keys)
    (retry,) = await taken(redis, keys, "ep_a")

    assert (4, 3) == (retry.attempt, retry.first)


async def test_attempts_are_counted_on_after_they_were_forgotten(redis: Redis, keys: Keys) -> None:
    """The dead delivery itself remembers how many there were, and goes when it has arrived."""
    endpoint, event = await dead_delivery(redis, keys)
    await redis.delete(keys.event_deliveries(event.id))
    await redeliver(redis, keys, endpoint, [again(event)])
    (claim,) = await taken(redis, keys, "ep_a")
    await settle(redis, keys, RELAY, [outcome(claim)])

    assert (3, 3) == (claim.attempt, claim.first)
    assert 0 == await redis.exists(keys.dead("ep_a"), keys.dead_at("ep_a"))


@pytest.mark.parametrize("state", ["in the stream", "under way", "between attempts", "in line"])
async def test_what_waits_already_is_left_alone(redis: Redis, keys: Keys, state: str) -> None:
    """Asking for it again, twice in one call too, makes no second delivery."""
    endpoint = await add_endpoint(redis, keys, "ep_a", ordered=state == "in line")
    way = Target("ep_a", "*", "in_order" if state == "in line" else "at_once")
    *_, event = await route(redis, keys, 2 if state == "in line" else 1, [way])
    claims = await taken(redis, keys, "ep_a") if state in {"under way", "between attempts"} else []
    if state == "between attempts":
        await settle(redis, keys, RELAY, [outcome(claim, "retrying", due_ms=32503680000000) for claim in claims])
    before = await redis.xlen(keys.deliveries("ep_a"))

    assert 0 == await redeliver(redis, keys, endpoint, [again(event), again(event)])
    assert before == await redis.xlen(keys.deliveries("ep_a"))


async def test_twice_in_one_call(redis: Redis, keys: Keys) -> None:
    """What is asked for twice goes once."""
    endpoint, event = await dead_delivery(redis, keys)

    assert 1 == await redeliver(redis, keys, endpoint, [again(event), again(event)])
    assert 1 == await redis.xlen(keys.deliveries("ep_a"))


async def test_the_skipped_leave_their_list(redis: Redis, keys: Keys) -> None:
    """Those that are redelivered, and no others of the same moment."""
    endpoint = await add_endpoint(redis, keys, "ep_a")
    first, second, third = await route(redis, keys, 3, [Target("ep_a", "*", "skip")])
    same_moment = first.entry_id.partition("-")[0]
    await redis.zadd(keys.skipped("ep_a"), {f"{first.entry_id}0|evt_x|0|": int(same_moment)})
    number = await redeliver(redis, keys, endpoint, [again(first), again(third, "2")])
    left: Any = await redis.zrange(keys.skipped("ep_a"), 0, -1)
    claims = await taken(redis, keys, "ep_a", 2)

    assert 2 == number
    assert {second.id, "evt_x"} == {member.split(b"|")[1].decode() for member in left}
    assert [(first.id, "0", 1, 1), (third.id, "2", 1, 1)] == [
        (claim.event_id, claim.previous, claim.attempt, claim.first) for claim in claims
    ]


async def test_an_event_that_was_never_routed_here(redis: Redis, keys: Keys) -> None:
    """An endpoint that is younger than the event can have it; what is remembered of it then has an end."""
    endpoint = await add_endpoint(redis, keys, "ep_a")
    (event,) = await route(redis, keys, 1, [])

    assert 1 == await redeliver(redis, keys, endpoint, [again(event, None)])
    assert [(event.id, None, 1)] == [
        (claim.event_id, claim.previous, claim.attempt) for claim in await taken(redis, keys, "ep_a")
    ]
    assert pytest.approx(ROUTED_KEPT, abs=5) == await redis.ttl(keys.event_deliveries(event.id))


async def test_a_removed_endpoint_gets_nothing(redis: Redis, keys: Keys) -> None:
    """And no key is made for it."""
    endpoint, event = await dead_delivery(redis, keys)
    await endpoints.remove(redis, keys, "ep_a")
    before = set(await redis.keys())

    assert 0 == await redeliver(redis, keys, endpoint, [again(event)])
    assert before == set(await redis.keys())


async def test_an_ordered_endpoint_gets_it_in_its_place(redis: Redis, keys: Keys) -> None:
    """Behind what is under way, and before what came later; another conversation's at once."""
    endpoint, dead = await dead_delivery(redis, keys, ordered=True)
    way = [Target("ep_a", "*", "in_order")]
    under_way, *later = await route(redis, keys, 3, way, first=1)
    (other,) = await route(redis, keys, 1, [Target("ep_a", "*", "skip")], first=9, conversation="conv_other")
    number = await redeliver(redis, keys, endpoint, [again(dead), again(other)])
    before = await line(redis, keys)
    claims = await taken(redis, keys, "ep_a", 2)
    order = [claim.event_id for claim in claims]
    waits = {claim.turn: claim for claim in claims}
    for _ in range(3):
        await settle(redis, keys, RELAY, [outcome(waits[CONVERSATION])])
        (waits[CONVERSATION],) = await taken(redis, keys, "ep_a")
        order.append(waits[CONVERSATION].event_id)

    assert (2, [dead.id, *(event.id for event in later)]) == (number, before)
    assert [under_way.id, other.id, dead.id, *(event.id for event in later)] == order


async def test_an_event_without_conversation_needs_no_turn(redis: Redis, keys: Keys) -> None:
    """An ordered endpoint gets it at once."""
    endpoint = await add_endpoint(redis, keys, "ep_a", ordered=True)
    (event,) = await route(redis, keys, 1, [])

    assert 1 == await redeliver(redis, keys, endpoint, [Redelivery(event.entry_id, event.id)])
    assert [None] == [claim.turn for claim in await taken(redis, keys, "ep_a")]
    assert 0 == await redis.exists(keys.turns("ep_a"), keys.ordered("ep_a"))
