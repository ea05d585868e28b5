"""Another go for one delivery: what arrives, and what is refused."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from service.endpoints.endpoint import Disabled
from service.events.event import StoredEvent
from service.store.keys import Keys
from service.store.retry import Verdict, retry
from tests.eventually import eventually
from tests.history import History
from tests.relay_case import RelayCase
from tests.routed_deliveries import add_endpoint, remember, route
from tests.scripted_subscriber import Arrival
from tests.twilio_callbacks import communication

ABORT = (400, {"webhook-delivery": "abort-message"})
"""An answer upon which nothing more is tried."""


@pytest.fixture
def history(case: RelayCase) -> History:
    """Return what makes things happen in the Redis of the test's relays."""
    return History(case.redis_url, case.keys)


def retried(history: History, endpoint_id: str, event: StoredEvent) -> Verdict:
    """Ask for another go."""
    return history.does(lambda redis: retry(redis, history.keys, endpoint_id, event.id))


def heard(arrivals: Sequence[Arrival]) -> list[tuple[str, str, str]]:
    """Return id, attempt and previous sequence of what arrived."""
    names = ("webhook-id", "webhook-attempt", "webhook-previous-sequence")
    return [tuple(arrival.headers[name] for name in names) for arrival in arrivals]  # type: ignore[misc] # three


def states(case: RelayCase, events: Sequence[StoredEvent], endpoint_id: str) -> set[str | None]:
    """Return what has become of events at an endpoint."""
    return {case.state(event, endpoint_id) for event in events}


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_dead_delivery_arrives_after_all(case: RelayCase, history: History, *, forgotten: bool) -> None:
    """Under the same id, with the same bytes, attempts counted on; also where the log has lost its event."""
    case.add("bad")
    case.subscriber.answers = [ABORT, ABORT]
    with case.relay():
        events = case.append(communication(0), communication(1))
        eventually(lambda: states(case, events, "bad") == {"dead"})
    if forgotten:
        case.redis.xtrim(case.keys.events, maxlen=0)
    # A relay that has not kept the bodies in its memory.
    with case.relay("relay-b"):
        verdict = retried(history, "bad", events[1])
        arrivals = case.subscriber.expect(3)
        eventually(lambda: case.state(events[1], "bad") == "delivered")
    first = next(arrival for arrival in arrivals if arrival.headers["webhook-id"] == events[1].id)

    assert ("accepted", [(events[1].id, "2", "1")]) == (verdict, heard(arrivals[2:]))
    assert first.body == arrivals[2].body
    assert {} == case.dead(events[1], "bad")
    assert [events[0].id.encode()] == case.redis.zrange(case.keys.dead_at("bad"), 0, -1)


def test_a_dead_delivery_keeps_its_copy_until_it_has_arrived(case: RelayCase, history: History) -> None:
    """While it waits again, and when it has died again."""
    case.add("bad")
    case.subscriber.answers = [ABORT, ABORT]
    with case.relay():
        events = case.append(communication(0))
        eventually(lambda: states(case, events, "bad") == {"dead"})
        case.subscriber.waiting.add("/")
        retried(history, "bad", events[0])
        case.subscriber.expect(2)
        under_way = case.dead(events[0], "bad")
        case.subscriber.waiting.clear()
        eventually(lambda: states(case, events, "bad") == {"dead"})

    assert (1, 2) == (under_way["attempts"], case.dead(events[0], "bad")["attempts"])
    assert under_way["body"] == case.dead(events[0], "bad")["body"]


def test_what_was_skipped_arrives_after_all(case: RelayCase, history: History) -> None:
    """It leaves the list of the skipped, and is told what stood before it."""
    disabled = history.does(
        lambda redis: add_endpoint(redis, case.keys, "bad", case.subscriber.url, disabled=Disabled("by_hand", 1))
    )
    with case.relay():
        events = case.append(communication(0), communication(1))
        eventually(lambda: states(case, events, "bad") == {"skipped:disabled"})
    history.alters(disabled, disabled=None)
    verdict = retried(history, "bad", events[1])
    with case.relay("relay-b"):
        arrivals = case.subscriber.expect(1)
    left: Any = case.redis.zrange(case.keys.skipped("bad"), 0, -1)

    assert ("accepted", [(events[1].id, "1", "1")]) == (verdict, heard(arrivals))
    assert [events[0].id] == [member.decode().split("|")[1] for member in left]


def test_what_has_arrived_can_arrive_again(case: RelayCase, history: History) -> None:
    """With the sequence before it found again: that of the newest earlier event that is for this endpoint."""
    case.add("good", types=["communication.created"])
    with case.relay():
        events = case.append(communication(0), communication(1), communication(2))
        eventually(lambda: states(case, events, "good") == {"delivered"})
        verdicts = [retried(history, "good", events[number]) for number in (2, 0)]
        arrivals = case.subscriber.expect(5)

    assert ["accepted", "accepted"] == verdicts
    assert {(events[2].id, "2", "2"), (events[0].id, "2", "0")} == set(heard(arrivals[3:]))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("endpoint_id", "disabled", "verdict"),
    [
        ("ep_a", None, "under_way"),
        ("ep_none", None, "no_endpoint"),
        ("ep_a", Disabled("gone", 1), "disabled"),
        ("ep_other", None, "not_meant"),
        ("ep_late", None, "accepted"),
    ],
)
async def test_a_wish_is_judged(
    redis: Redis, keys: Keys, endpoint_id: str, disabled: Disabled | None, verdict: Verdict
) -> None:
    """What waits already is left alone, and an endpoint that was made later may have the event as well."""
    await add_endpoint(redis, keys, "ep_a", disabled=disabled)
    await add_endpoint(redis, keys, "ep_other", types=["conversation.*"])
    (event,) = await route(redis, keys, 1, ["ep_a"])
    await add_endpoint(redis, keys, "ep_late")
    before = await redis.xlen(keys.deliveries(endpoint_id))

    assert verdict == await retry(redis, keys, endpoint_id, event.id)
    assert before + (verdict == "accepted") == await redis.xlen(keys.deliveries(endpoint_id))


@pytest.mark.anyio
async def test_an_event_that_nobody_has_cannot_be_sent(redis: Redis, keys: Keys) -> None:
    """Also one that died when the log had lost it already: there is nothing to send."""
    await add_endpoint(redis, keys, "ep_a")
    (event,) = await remember(redis, keys, communication(0))
    record = {"reason": "the log no longer has the event", "attempts": 1, "at": "", "entry": "1-0", "body": None}
    await redis.hset(keys.dead("ep_a"), event.id, msgspec.json.encode(record).decode())
    await redis.xtrim(keys.events, maxlen=0)

    assert "no_event" == await retry(redis, keys, "ep_a", event.id)
    assert "no_event" == await retry(redis, keys, "ep_a", "evt_none")
