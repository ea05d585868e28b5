"""Many endpoints at once: a slow one takes no more than its share, and who found no room is served when there is."""

import pytest
from redis.asyncio import Redis

from service.store import routing
from service.store.keys import Keys
from tests.eventually import eventually
from tests.relay_case import RelayCase
from tests.routed_deliveries import RELAY, commit, remember
from tests.twilio_callbacks import communication, conversation


def test_a_lane_that_found_no_room_is_served_when_there_is(case: RelayCase) -> None:
    """With all slots of a relay taken, the first that becomes free is used, whosever it was."""
    for number in range(63):
        case.add(f"ep_{number}", f"/{number}", ["communication.created"])
    case.add("ep_slow", "/slow", ["conversation.updated"])
    case.add("ep_x", "/x", ["conversation.closed"])
    with case.relay():
        # An endpoint is tried with one delivery before it is trusted with more.
        case.append(communication(9), conversation("ACTIVE", "2026-11-20T13:00:00Z"))
        case.append(conversation("CLOSED", "2026-11-20T13:01:00Z", conversation_id="conv_9"))
        eventually(lambda: len(case.subscriber.arrivals) == 65)
        case.subscriber.arrivals.clear()
        case.subscriber.waiting.update(f"/{number}" for number in range(63))
        case.subscriber.waiting.add("/slow")
        case.append(*(communication(n) for n in range(4)))
        eventually(lambda: len(case.subscriber.arrivals) == 63 * 4)
        case.append(*(conversation("ACTIVE", f"2026-11-20T14:0{n}:00Z") for n in range(4)))
        case.subscriber.expect(4, "/slow")
        case.append(conversation("CLOSED", "2026-11-20T15:00:00Z"))
        eventually(lambda: case.redis.xlen(case.keys.deliveries("ep_x")) == 1)
        case.subscriber.waiting.intersection_update({"/slow"})
        arrivals = case.subscriber.expect(1, "/x")
        slow = case.pending("ep_slow")
        case.subscriber.waiting.clear()

    assert (1, 4) == (len(arrivals), slow)


@pytest.mark.anyio
async def test_an_event_for_thousands_of_endpoints(redis: Redis, keys: Keys) -> None:
    """One commit routes it to all of them."""
    await routing.take_lease(redis, keys, RELAY)
    events = await remember(redis, keys, communication(1))
    names = [f"ep_{number}" for number in range(9000)]

    assert "ok" == await commit(redis, keys, events, names)
    assert 9000 == await redis.hlen(keys.event_deliveries(events[0].id))
    assert [1, 1] == [await redis.xlen(keys.deliveries(name)) for name in (names[0], names[-1])]


def test_relays_that_live_are_not_robbed_after_an_outage(case: RelayCase) -> None:
    """An outage silences all of them; nobody takes the others for dead before they could speak."""
    case.add("ep_a", "/a")
    case.subscriber.waiting.add("/a")
    with case.relay("relay-a"), case.relay("relay-b"):
        case.append(communication(1))
        case.subscriber.expect(1, "/a")
        for name in (b"relay-a", b"relay-b"):
            case.redis.zincrby(case.keys.relays, -11_000, name)
        eventually(lambda: all(age < 5_000 for age in case.heartbeats()))
        case.subscriber.waiting.clear()
        eventually(lambda: case.pending("ep_a") == 0)

    assert 1 == len(case.subscriber.at("/a"))
