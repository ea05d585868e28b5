"""Lanes among each other: who may have how many slots, who gets none, who is probed, and that all have their turn."""

from collections import Counter
from itertools import count
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.endpoints.endpoint import Disabled, Endpoint
from service.events.delivery import Claim
from service.store.endpoints import Listing
from service.store.secrets import Sealer
from workers.delivery.lanes import Lanes

SEALER = Sealer("a long random text of the tests")
SEALED = SEALER.seal(bytes(32))
SLOTS, ALL_SLOTS, RESERVED = 8, 256, 64
TOKENS = count(1)
examples = settings(deadline=None, max_examples=50)


def endpoint(name: str, **more: object) -> Endpoint:
    """Return an endpoint of this name."""
    made = Endpoint(id=name, url="https://example.com/", types=("*",), sealed_secret=SEALED, created_at=0)
    return msgspec.structs.replace(made, **more)


def lanes(*endpoints: Endpoint) -> Lanes:
    """Return the lanes of these endpoints, all ready, each of which has had a success."""
    made = Lanes(SEALER)
    made.show(Listing(1, {each.id: each for each in endpoints}))
    for each in endpoints:
        lane = made.get(each.id)
        assert lane
        made.suspect(lane, failed=False)
    return made


def many(number: int) -> list[Endpoint]:
    """Return so many endpoints."""
    return [endpoint(f"ep_{n}") for n in range(number)]


def fail(found: Lanes, *names: str) -> None:
    """Let the last attempt at these endpoints have failed."""
    for name in names:
        lane = found.get(name)
        assert lane
        found.suspect(lane, failed=True)


def take(found: Lanes, now: float = 0.0) -> dict[str, int]:
    """Take what is wanted, as if there were always more, and return how many of each."""
    wanted = found.wanted(now)
    for name, number in wanted.items():
        for _ in range(number):
            assert found.hold(Claim(name, f"{next(TOKENS)}-0", "1-0", "evt_one", "0", 1))
    found.mark_all()
    return wanted


def test_the_failing_have_three_quarters_together() -> None:
    """Forty endpoints whose last attempt failed take 192 slots; a healthy one that comes then has its eight."""
    found = lanes(*many(40), endpoint("healthy", disabled=Disabled("by_hand", 1)))
    fail(found, *(f"ep_{n}" for n in range(40)))
    first = [sum(take(found).values()) for _ in range(3)]
    found.show(Listing(2, {each.id: each for each in [*many(40), endpoint("healthy")]}))

    assert [ALL_SLOTS - RESERVED, 0, 0] == first
    assert {"healthy": SLOTS} == take(found)


def test_a_slot_of_the_failing_goes_to_the_failing() -> None:
    """One that becomes free does not let them into the others' quarter."""
    found = lanes(*many(40))
    fail(found, *(f"ep_{n}" for n in range(40)))
    served = take(found)
    waits = found.free_slot(next(iter(served)))

    assert (True, 1) == (waits, sum(take(found).values()))


def test_who_recovers_is_limited_no_more() -> None:
    """With its last attempt a success an endpoint may use the quarter of the healthy."""
    found = lanes(*many(40))
    fail(found, *(f"ep_{n}" for n in range(40)))
    waiting = {f"ep_{n}" for n in range(40)} - take(found).keys()
    lane = found.get(min(waiting))
    assert lane
    found.suspect(lane, failed=False)

    assert {min(waiting): SLOTS} == take(found)


@pytest.mark.parametrize("why", ["disabled", "paused", "dry"])
def test_who_gets_nothing(why: str) -> None:
    """One that is disabled, paused or out of tokens; and it has not lost its place when that is over."""
    found = lanes(endpoint("ep_a", disabled=Disabled("gone", 1) if why == "disabled" else None), endpoint("ep_b"))
    lane = found.get("ep_a")
    assert lane
    if why == "dry":
        lane.dry_until = 10.0
    if why == "paused":
        found.show_paused({"ep_a": 5.0}, 0.0)
    before = found.wanted(1.0)
    if why == "disabled":
        found.show(Listing(2, {name: endpoint(name) for name in ("ep_a", "ep_b")}))
    if why == "paused":
        found.show_paused({}, 10.0)

    assert [{"ep_b": SLOTS}, {"ep_a": SLOTS}] == [before, found.wanted(10.0)]


def test_a_probe_is_sent_when_the_pause_is_over() -> None:
    """Not sooner, not while something is under way there or a probe already is, and never to a disabled endpoint."""
    found = lanes(endpoint("ep_a"), endpoint("ep_b", disabled=Disabled("by_hand", 1)))
    found.show_paused({"ep_a": 30.0, "ep_b": 30.0}, 100.0)
    lane = found.get("ep_a")
    assert lane
    over = [found.probes(at) for at in (100.0, 129.9, 130.0)]
    found.hold(Claim("ep_a", "1-0", "1-0", "evt_one", "0", 1))
    busy = found.probes(130.0)
    found.free_slot("ep_a")
    lane.probing = True
    probing = found.probes(130.0)
    lane.probing = False
    found.unmark("ep_a")
    nothing_waits = found.probes(130.0)

    assert [[], [], ["ep_a"], [], [], []] == [*over, busy, probing, nothing_waits]


def test_a_probe_that_says_nothing_is_not_for_ever() -> None:
    """One that ended without a word of the endpoint's is followed by another, here or where the pause is over."""
    found = lanes(endpoint("ep_a"))
    found.show_paused({"ep_a": 0.0}, 100.0)
    lane = found.get("ep_a")
    assert lane
    found.hold(Claim("ep_a", "1-0", "1-0", "evt_one", "0", 1))
    lane.probing = True
    found.free_slot("ep_a")
    again = found.probes(100.0)
    found.show_paused({}, 101.0)

    assert (["ep_a"], {"ep_a": SLOTS}) == (again, found.wanted(101.0))


def test_probes_keep_to_the_slots_there_are() -> None:
    """With two slots free, no more than two endpoints are tried."""
    found = lanes(*many(100))
    for number in range(ALL_SLOTS - 2):
        found.hold(Claim(f"ep_{number % 32}", f"{number}-0", "1-0", "evt_one", "0", 1))
    found.show_paused({f"ep_{n}": 0.0 for n in range(50, 100)}, 100.0)

    assert 2 == len(found.probes(100.0))


@examples
@given(st.integers(33, 80), st.integers(1, 100), st.randoms(use_true_random=False))
def test_ready_lanes_take_turns(number: int, rounds: int, random: Random) -> None:
    """While an endpoint waits with all its slots free, no other is served twice."""
    found = lanes(*many(number))
    served_since = {f"ep_{n}": Counter[str]() for n in range(number)}
    under_way: Counter[str] = Counter()
    most = 0
    for _ in range(rounds):
        wanted = take(found)
        under_way.update(wanted)
        for name in wanted:
            served_since.pop(name, None)
        for since in served_since.values():
            since.update(wanted.keys())
            most = max(most, *since.values())
        done = random.choice(sorted(under_way))
        served_since[done] = Counter()
        for _ in range(under_way.pop(done)):
            found.free_slot(done)

    assert most <= 1


@examples
@given(st.lists(st.sampled_from(["take", "free", "fail", "mend"]), max_size=80), st.integers(1, 60), st.data())
def test_slots_are_never_exceeded(steps: list[str], number: int, data: st.DataObject) -> None:
    """Whatever happens: eight to an endpoint, 256 in all, and the failing take none of the healthy's share."""
    found = lanes(*many(number))
    under_way: list[str] = []
    for step in steps:
        name = f"ep_{data.draw(st.integers(0, number - 1))}"
        if step == "take":
            suspects = {each for each in under_way if (lane := found.get(each)) and lane.suspect}
            before = sum(each in suspects for each in under_way)
            wanted = take(found)
            failing = {each: n for each, n in wanted.items() if (lane := found.get(each)) and lane.suspect}
            assert not failing or before + sum(failing.values()) <= ALL_SLOTS - RESERVED
            under_way += [each for each, n in wanted.items() for _ in range(n)]
        elif step == "free" and name in under_way:
            under_way.remove(name)
            found.free_slot(name)
        elif step in {"fail", "mend"}:
            lane = found.get(name)
            assert lane
            found.suspect(lane, failed=step == "fail")

    assert all(under_way.count(name) <= SLOTS for name in under_way)
    assert found.in_flight == len(under_way) <= ALL_SLOTS


@pytest.mark.parametrize(
    ("why", "expected"), [("paused", 1.0), ("disabled", 1.0), ("dry", 0.25), ("dry for long", 1.0), ("busy", None)]
)
def test_the_next_look(why: str, expected: float | None) -> None:
    """Who is held back by time alone is looked at again in time; who waits for a slot of its own is heard of."""
    found = lanes(endpoint("ep_a", disabled=Disabled("gone", 1) if why == "disabled" else None))
    lane = found.get("ep_a")
    assert lane
    if why == "paused":
        found.show_paused({"ep_a": 30.0}, 100.0)
    if why.startswith("dry"):
        lane.dry_until = 100.25 if why == "dry" else 200.0
    if why == "busy":
        take(found, 100.0)
    assert {} == found.wanted(100.0)

    assert expected == found.rest(100.0)


def test_nothing_ready_needs_no_look() -> None:
    """A relay whose endpoints are idle rests until it is told."""
    found = lanes(*many(3))
    found.wanted(100.0)

    assert found.rest(100.0) is None


def test_enabled_again_is_looked_at() -> None:
    """What may have stayed in its stream while it was disabled is looked for."""
    found = lanes(endpoint("ep_a", disabled=Disabled("by_hand", 1)))
    found.unmark("ep_a")
    found.show(Listing(2, {"ep_a": endpoint("ep_a")}))

    assert {"ep_a": SLOTS} == found.wanted(0.0)
