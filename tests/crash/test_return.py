"""A subscriber that comes back after very many events have gathered for it: nothing is lost, nobody is delayed."""

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from tests.deliveries_under_load import DeliveriesUnderLoad, change, deliveries_under_load, message, until
from tests.eventually import eventually
from tests.steady_sender import Sender
from tests.unreliable_subscriber import Arrival

WAITING = int(os.environ.get("WAITING_EVENTS", "20000"))
"""Events that wait for it; 100,000 take some minutes."""
RATE = 700.0
"""Of these, a second, while they gather: the receiver and its sender share the machine with all the rest."""
LIVE = 25.0
"""Events a second for the endpoint that is well, all the time."""
CALM = 10.0
"""Seconds of the load before and after the return with which the time of the return is compared."""
GRACE = 0.1
"""Seconds that p99 may grow beyond its threefold: the draining takes processor time, of which there may be little."""
BEFORE_OPENING = 10 + 8
"""Failures until the breaker opens, and what was under way then."""
PROBES = 10
"""Most probes while it is down, and results at the moment of the pause: far fewer than anything that goes on trying."""
FIRST_LIVE = 10_000_000


@pytest.fixture
def load() -> Iterator[DeliveriesUnderLoad]:
    """Run the service."""
    with deliveries_under_load() as load:
        yield load


def p99(waits: Sequence[float]) -> float:
    """Return the time that one of a hundred exceeds."""
    return sorted(waits)[int(0.99 * (len(waits) - 1))]


def live_waits(sender: Sender, arrivals: Sequence[Arrival], begin: float, end: float) -> list[float]:
    """Return the seconds from sending to arrival of what was sent to the endpoint that is well in a time."""
    sent = {number: each.sent for number, each in sender.accepted.items() if begin <= each.sent < end}
    return [arrival.at - sent[arrival.mark] for arrival in arrivals if arrival.mark in sent]


def drained(load: DeliveriesUnderLoad, endpoint_id: str, down: set[int]) -> float:
    """Let the subscriber be up again, and return when (`time.monotonic`) it has everything."""
    load.subscribers.fails("down", 0.0)
    load.end_pause(endpoint_id)
    with load.hurrying():
        eventually(lambda: {each.mark for each in load.subscribers.at("down") if each.taken} >= down, 600, every=0.5)
        at = max(each.at for each in load.subscribers.at("down"))
        eventually(lambda: load.lags().get(endpoint_id) == 0, 30, every=0.5)
    return at


def test_a_subscriber_returns(load: DeliveriesUnderLoad, capsys: pytest.CaptureFixture[str]) -> None:
    """It is drained in its own slots, no attempt was used up by the pause, and others get live events as ever."""
    endpoint_id = load.subscribe("down", types=["communication.*"])
    load.subscribe("well", types=["conversation.*"])
    load.subscribers.fails("down", 1.0)
    gathered = WAITING / RATE
    backlog = [message(number, number % 500, number / RATE) for number in range(WAITING)]
    seconds = gathered + 2 * CALM + WAITING / 100
    live = [change(FIRST_LIVE + n, 500 + n % 100, n / LIVE) for n in range(int(LIVE * seconds))]
    with load.sending([*backlog, *live]) as sender:
        until(gathered, sender.began)
        eventually(lambda: sender.accepted.keys() >= set(range(WAITING)), 120, every=0.5)
        eventually(lambda: load.lags().get(endpoint_id) == WAITING, 60, every=0.5)
        waited = load.paused(endpoint_id)
        calm = time.monotonic()
        until(CALM, calm)
        returned = time.monotonic()
        over = drained(load, endpoint_id, set(range(WAITING)))
        until(CALM, over)
        ended = time.monotonic()
        stats = load.house.stats()
    came, well = load.subscribers.at("down"), load.subscribers.at("well")
    during = p99(live_waits(sender, well, returned, over))
    usual = p99([*live_waits(sender, well, calm, returned), *live_waits(sender, well, over, ended - 1)])
    failed = Counter(each.mark for each in came if not each.taken)
    with capsys.disabled():
        print(  # noqa: T201 - a measurement
            f"\n{WAITING} drained in {over - returned:.1f} s ({WAITING / (over - returned):.0f}/s), {failed.total()} "
            f"attempts failed; live p99 {during * 1000:.1f} ms meanwhile, {usual * 1000:.1f} ms before and after"
        )

    assert waited
    assert Counter(dict.fromkeys(range(WAITING), 1)) == Counter(each.mark for each in came if each.taken)
    assert {each.mark: 1 + failed[each.mark] for each in came} == {
        each.mark: each.attempt for each in came if each.taken
    }
    assert BEFORE_OPENING + PROBES >= failed.total()
    assert max(each.crowd for each in came) <= 8
    assert [0, 0] == [each["dead"] for each in stats["endpoints"]]
    assert 3 * usual + GRACE >= during
