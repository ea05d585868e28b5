"""Lanes: how many deliveries are taken, for whom, and when there is room again."""

import pytest

from service.endpoints.endpoint import Endpoint
from service.events.delivery import Claim
from service.store.endpoints import Listing
from service.store.secrets import Sealer
from workers.delivery.lane import SLOTS
from workers.delivery.lanes import ALL_SLOTS, Lanes

SEALER = Sealer("a long random text of the tests")
SEALED = SEALER.seal(bytes(32))


def endpoint(name: str, url: str = "https://example.com/") -> Endpoint:
    """Return an endpoint of this name."""
    return Endpoint(id=name, url=url, types=("*",), sealed_secret=SEALED, created_at=0)


def lanes(*names: str) -> Lanes:
    """Return the lanes of these endpoints, each of which has had a success."""
    made = Lanes(SEALER)
    made.show(Listing(1, {name: endpoint(name) for name in names}))
    for name in names:
        lane = made.get(name)
        assert lane
        made.suspect(lane, failed=False)
    return made


def claim(name: str, number: int) -> Claim:
    """Return a delivery of an endpoint."""
    return Claim(name, f"{number}-0", "1-0", "evt_one", "0", 1)


def test_a_new_lane_is_looked_at_once() -> None:
    """All its slots are free; it is not asked again before something is known to wait."""
    found = lanes("a", "b")

    assert [{"a": SLOTS, "b": SLOTS}, {}] == [found.wanted(0.0), found.wanted(0.0)]
    assert found.mark(["b"])
    assert {"b": SLOTS} == found.wanted(0.0)


def test_an_endpoint_is_tried_before_it_is_trusted() -> None:
    """One delivery is under way until the first outcome, whatever that is."""
    found = Lanes(SEALER)
    found.show(Listing(1, {name: endpoint(name) for name in ("a", "b")}))
    first = found.wanted(0.0)
    lane = found.hold(claim("a", 1))
    assert lane
    found.mark_all()
    found.suspect(lane, failed=True)

    assert [{"a": 1, "b": 1}, {"a": SLOTS - 1, "b": 1}] == [first, found.wanted(0.0)]


def test_an_endpoint_that_is_not_known() -> None:
    """Marking it tells that the listing is old."""
    assert not lanes("a").mark(["a", "x"])


def test_slots_limit_a_lane() -> None:
    """What is under way counts, until the attempt is over; what waits for its record does not."""
    found = lanes("a")
    for number in range(SLOTS - 1):
        found.hold(claim("a", number))
    one_left = found.wanted(0.0)
    found.hold(claim("a", SLOTS))
    found.mark_all()
    none_left = found.wanted(0.0)
    waits = found.free_slot("a")

    assert [{"a": 1}, {}, True, {"a": 1}] == [one_left, none_left, waits, found.wanted(0.0)]


def test_slots_of_all_lanes_together() -> None:
    """A relay has so many, whoever needs them."""
    names = [f"ep_{number}" for number in range(ALL_SLOTS)]
    found = lanes(*names)

    assert ALL_SLOTS == sum(found.wanted(0.0).values())


@pytest.mark.parametrize("again", ["before the record", "after the record"])
def test_a_claim_is_held_until_it_is_recorded(again: str) -> None:
    """Then the same token may come again, and not before, although its slot is free."""
    found = lanes("a")
    found.hold(claim("a", 1))
    found.free_slot("a")
    if again == "after the record":
        found.forget(claim("a", 1))

    assert (again == "after the record") == bool(found.hold(claim("a", 1)))


def test_a_changed_endpoint_keeps_what_is_in_flight() -> None:
    """It has its new URL and its old slots; a removed one is gone, and its slots are the others'."""
    found = lanes("a", "b")
    found.hold(claim("a", 1))
    found.hold(claim("b", 2))
    found.show(Listing(2, {"a": endpoint("a", "https://example.com/new")}))
    lane = found.get("a")
    assert lane
    found.free_slot("b")
    found.forget(claim("b", 2))

    assert ("https://example.com/new", SLOTS - 1, 1) == (str(lane.url), lane.free(0.0), found.in_flight)
    assert [None, None, {"a 1-0"}] == [found.get("b"), found.hold(claim("b", 3)), found.held()]
