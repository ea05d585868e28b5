"""The breaker of a running relay: who only fails is left in peace, what waits loses nothing, and one probe ends it."""

from collections import Counter

import pytest

from tests.eventually import eventually
from tests.relay_case import RelayCase
from tests.scripted_subscriber import Arrival
from tests.stored_events import entries
from tests.twilio_callbacks import communication, conversation

LEAST, SLOTS = 10, 8
WHILE = 60
"""Events that wait in these tests: far more than are sent before the breaker opens."""


def broken_down(case: RelayCase, number: int = WHILE) -> list[Arrival]:
    """Let an endpoint fail until it is paused, with so many events for it, and return what came to it."""
    case.add("ep_a", "/a", ["communication.created"])
    case.subscriber.always["/a"] = 500
    case.append(*(communication(n) for n in range(number)))
    eventually(lambda: case.paused_until("ep_a") and case.pending("ep_a") == 0)
    return case.subscriber.at("/a")


def attempts(case: RelayCase) -> Counter[int]:
    """Return how often each attempt was made at the endpoint of these tests."""
    return Counter(arrival.attempt for arrival in case.subscriber.at("/a"))


def test_who_only_fails_is_left_in_peace(case: RelayCase) -> None:
    """After ten failures, and what was under way, nothing is sent; what waits is as it was, and others are served."""
    case.add("ep_b", "/b")
    with case.relay():
        before = broken_down(case)
        more = case.append(*(communication(n) for n in range(WHILE, WHILE + 20)))
        case.hurry()
        eventually(lambda: not case.retries() and case.queued("ep_a") == WHILE + 20)
        case.subscriber.expect(WHILE + 20, "/b")
        after = case.subscriber.at("/a")
        states = {case.state(event, "ep_a") for event in more}

    assert LEAST <= len(before) <= LEAST + SLOTS
    assert (before, {"waiting"}) == (after, states)
    assert Counter({1: len(before)}) == attempts(case)
    assert 1 == case.health("ep_a")["pauses"]


def test_one_probe_when_the_pause_is_over(case: RelayCase) -> None:
    """While that fails, the next pause is twice as long; nothing else is tried, also where all is quiet otherwise."""
    with case.relay():
        before = broken_down(case)
        case.redis.delete(case.keys.retries)
        case.end_pause("ep_a")
        eventually(lambda: case.health("ep_a").get("pauses") == 2)
        probes = case.subscriber.at("/a")[len(before) :]
        left = (case.paused_until("ep_a") or 0) - int(case.redis.time()[0]) * 1000

    assert 1 == len(probes)
    assert 58_000 < left <= 61_000
    assert case.retries() == 1


def test_a_successful_probe_ends_the_pause(case: RelayCase) -> None:
    """What waits is drained in the endpoint's own slots, and no attempt was used up but those that were made."""
    with case.relay():
        before = broken_down(case)
        case.subscriber.always.clear()
        case.end_pause("ep_a")
        eventually(lambda: case.subscriber.sequences("/a") == set(range(1, WHILE + 1)))
        case.hurry()
        eventually(lambda: not case.retries() and not case.queued("ep_a"))

    delivered = [arrival for arrival in case.subscriber.at("/a") if arrival.status == 204]
    assert {1: WHILE, 2: len(before)} == attempts(case)
    assert set(range(1, WHILE + 1)) == {arrival.event["sequence"] for arrival in delivered}
    assert SLOTS >= case.subscriber.crowd["/a"]
    assert (None, 0) == (case.paused_until("ep_a"), case.health("ep_a").get("pauses", 0))


@pytest.mark.parametrize("stays_down", [True, False])
def test_two_relays_send_one_probe(case: RelayCase, stays_down: bool) -> None:  # noqa: FBT001 - a parameter
    """Both know of the pause, whoever opened it; after a success both go on."""
    with case.relay("relay-a"), case.relay("relay-b"):
        before = broken_down(case)
        if not stays_down:
            case.subscriber.always.clear()
        case.subscriber.waiting.add("/a")
        case.end_pause("ep_a")
        case.subscriber.expect(len(before) + 1, "/a")
        # Another event makes both look again while the probe is under way.
        case.append(conversation("CLOSED"), communication(WHILE))
        eventually(lambda: case.queued("ep_a") >= WHILE - len(before) + 1)
        probes = len(case.subscriber.at("/a")) - len(before)
        case.subscriber.waiting.clear()
        if stays_down:
            eventually(lambda: case.health("ep_a").get("pauses") == 2)
        else:
            eventually(lambda: case.subscriber.sequences("/a") == set(range(1, WHILE + 1)) | {WHILE + 2})

    assert 1 == probes
    assert not stays_down or len(before) + 1 == len(case.subscriber.at("/a"))


def test_an_endpoint_that_was_idle_when_its_pause_ended(case: RelayCase) -> None:
    """Nothing waits for it then; the next event is the probe, and the one after that comes at once."""
    with case.relay():
        before = broken_down(case, LEAST)
        case.redis.delete(case.keys.retries)
        case.subscriber.always.clear()
        case.end_pause("ep_a")
        case.append(communication(100))
        case.subscriber.expect(len(before) + 1, "/a")
        eventually(lambda: case.paused_until("ep_a") is None)
        case.append(communication(101))
        came = case.subscriber.expect(len(before) + 2, "/a")

    assert [LEAST + 1, LEAST + 2] == [arrival.event["sequence"] for arrival in came[len(before) :]]


def test_a_probe_whose_event_is_gone(case: RelayCase) -> None:
    """It says nothing of the endpoint, which is tried with the next."""
    with case.relay() as relay:
        broken_down(case, 30)
        relay.stop()
    case.redis.delete(case.keys.retries)
    case.redis.xdel(case.keys.events, entries(case.redis, case.keys.deliveries("ep_a"))[0][b"e"])
    case.subscriber.always.clear()
    before = len(case.subscriber.at("/a"))
    with case.relay("relay-b"):
        eventually(lambda: case.health("ep_a").get("pauses") == 1)
        case.end_pause("ep_a")
        eventually(lambda: int(case.redis.hget(case.keys.endpoint_stats("ep_a"), "dead") or 0) == 1)
        case.end_pause("ep_a")
        eventually(lambda: case.queued("ep_a") == 0, 8)

    assert 30 - before - 1 == len(case.subscriber.at("/a")) - before
    assert case.paused_until("ep_a") is None


def test_a_relay_that_starts_during_a_pause(case: RelayCase) -> None:
    """It knows of the pause before it takes anything."""
    with case.relay("relay-a"):
        before = broken_down(case)
    case.redis.delete(case.keys.retries)
    case.add("ep_b", "/b")
    for number in range(3):
        with case.relay(f"relay-b{number}"):
            case.append(communication(WHILE + number))
            case.subscriber.expect(number + 1, "/b")

    assert before == case.subscriber.at("/a")


def test_a_paused_endpoint_whose_group_was_lost(case: RelayCase) -> None:
    """It is made again for the probe, as it is for anybody else."""
    with case.relay():
        broken_down(case)
        case.redis.delete(case.keys.retries, case.keys.deliveries("ep_a"))
        before = len(case.subscriber.at("/a"))
        case.subscriber.always.clear()
        case.append(communication(1000))
        eventually(lambda: case.redis.exists(case.keys.deliveries("ep_a")))
        case.end_pause("ep_a")
        case.subscriber.expect(before + 1, "/a")
        eventually(lambda: case.paused_until("ep_a") is None)

    assert before + 1 == len(case.subscriber.at("/a"))
