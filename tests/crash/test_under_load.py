"""What a death costs under load: some time, never an event. Each test kills another part of the service."""

import signal
import time
from collections.abc import Iterator
from functools import partial

import pytest

from tests import process_tree
from tests.callback_series import Series
from tests.eventually import eventually
from tests.house_under_load import routes
from tests.load_evidence import Evidence, Waits
from tests.telling import Say
from tests.under_load import RECONNECTED, RESUMED, UnderLoad, holds, summary, under_load

BUSY = 0.065
"""Seconds until a subscriber's answer with which two relays keep up with the usual load, and one does not."""
DRAINED = 20.0
"""Seconds that a relay may take to end: a read, an attempt of 15 s at most, and its record."""
CROWD = 16
"""Deliveries to one subscriber that a relay may have begun and not recorded: its 8 slots, and as many again."""


@pytest.fixture
def load() -> Iterator[UnderLoad]:
    """Run the service under the usual load."""
    with under_load(Series()) as load:
        yield load


def finished(load: UnderLoad, say: Say) -> Evidence:
    """Return what was seen, shown and held to what holds whatever is killed."""
    seen = load.finish()
    say(summary(load, seen))
    holds(seen, load.sender)
    return seen


def resumed_within(seconds: float, waits: Waits) -> None:
    """Assert that acknowledgements, deliveries and closes went on in time."""
    assert seconds >= max(waits.ack, waits.delivery, waits.close), waits


def test_a_killed_relay_costs_no_event(load: UnderLoad, say: Say) -> None:
    """Of two relays one is killed every 8 s, the one that routes and the one that stands by in turn."""
    house, second = load.house, load.house.start_relay()
    for number, seconds in enumerate((7, 15, 23)):
        load.at(seconds)
        ours = routes(second, house.up) == (number % 2 == 0)
        role = "routing" if number % 2 == 0 else "standby"
        pid = second.process.pid if ours else house.pid("relay")
        load.does(f"{role} relay killed", partial(process_tree.kill, [pid]))
        if ours:
            second = house.start_relay()

    seen = finished(load, say)

    for _, at in load.kills:
        resumed_within(RESUMED, seen.resumed(at))


def test_what_a_dead_relay_held_does_not_wait_for_a_lull(say: Say) -> None:
    """The standby relay is killed, and the other has all its slots taken from then on: it takes over all the same."""
    with under_load(Series(), answers_in=BUSY) as load:
        second = load.house.start_relay()
        load.at(7)
        killed = load.does("standby relay killed", lambda: process_tree.kill([second.process.pid]))
        seen = finished(load, say)

    waited = max((each.at - killed for each in seen.repeated()), default=0.0)
    say(f"what had been sent and not recorded was sent again after {waited:.1f} s at most")
    assert waited <= RESUMED


def test_a_killed_worker_closes_nothing_twice(load: UnderLoad, say: Say) -> None:
    """One of the worker's processes is killed, then all of them amid a PATCH, then their parent amid another."""
    house = load.house
    load.at(6)
    load.does("worker process killed", lambda: process_tree.kill(house.worker_children()[:1]))
    load.at(12)
    until_held(load, after_effect=True)
    load.does("both worker processes killed", lambda: process_tree.kill(house.worker_children()))
    load.at(24)
    until_held(load, after_effect=False)
    load.does("worker parent killed", lambda: process_tree.kill([house.pid("worker")]))

    seen = finished(load, say)

    for _, at in load.kills:
        resumed_within(RESUMED, seen.resumed(at))


def until_held(load: UnderLoad, *, after_effect: bool) -> None:
    """Return while Twilio lets a worker wait for the answer to a PATCH."""
    load.twilio.fail("PATCH", hold=3.0, after_effect=after_effect)
    fault = load.twilio.faults[-1]
    eventually(lambda: not fault.times, 10)


def test_a_killed_receiver_costs_no_event(load: UnderLoad, say: Say) -> None:
    """The receiver is killed every 8 s."""
    for seconds in (6, 14, 22):
        load.at(seconds)
        load.does("receiver killed", lambda: process_tree.kill([load.house.pid("receiver")]))

    seen = finished(load, say)

    for _, at in load.kills:
        resumed_within(RESUMED, seen.resumed(at))


def test_everything_killed_goes_on_where_it_was(load: UnderLoad, say: Say) -> None:
    """`up` and all that it has started, Redis too, are killed at one moment and started again on the same data."""
    for seconds in (8, 21):
        load.at(seconds)
        load.does("everything killed", load.house.kill_everything)
        load.house.restart()

    seen = finished(load, say)

    for _, at in load.kills:
        resumed_within(RESUMED, seen.resumed(at))


def test_a_killed_redis_costs_no_event(load: UnderLoad, say: Say) -> None:
    """The embedded Redis is killed every 8 s; all work goes on soon after it is back."""
    for seconds in (6, 14, 22):
        load.at(seconds)
        killed = time.monotonic()
        process_tree.kill([load.house.pid("redis")])
        load.house.until_redis_answers()
        load.notes(f"Redis back after {time.monotonic() - killed:.1f} s")

    seen = finished(load, say)

    for _, at in load.kills:
        resumed_within(RECONNECTED, seen.resumed(at))


def test_a_killed_redis_costs_no_close(say: Say) -> None:
    """The embedded Redis is killed while both worker processes are busy closing conversations that have gone quiet."""
    with under_load(Series(conversations=900, callbacks=4, life=3.0)) as load:
        for seconds in (5, 16, 27):
            load.at(seconds)
            process_tree.kill([load.house.pid("redis")])
            load.house.until_redis_answers()
            load.notes("Redis back")
        seen = finished(load, say)

    for _, at in load.kills:
        resumed_within(RECONNECTED, seen.resumed(at))


def test_relays_that_are_asked_to_end_do(load: UnderLoad, say: Say) -> None:
    """SIGTERM of one relay after the other: each drains and ends by itself, and nothing arrives twice."""
    house, second = load.house, load.house.start_relay()
    for seconds in (6, 14, 22):
        load.at(seconds)
        until_ended(load, second.process.pid)
        second = house.start_relay()
        until_ended(load, house.pid("relay"))

    seen = finished(load, say)

    assert [] == seen.repeated()


def until_ended(load: UnderLoad, pid: int) -> None:
    """Ask a relay to end, and return when it has."""
    began = load.does("relay asked to end", lambda: process_tree.kill([pid], signal.SIGTERM))
    eventually(lambda: not process_tree.running([pid]), DRAINED, every=0.1)
    load.notes(f"ended after {time.monotonic() - began:.1f} s")


def test_a_stalled_relay_commits_nothing_of_what_was_taken_over(say: Say) -> None:
    """The relay that routes is stopped for 30 s amid its work; what it does when it goes on changes nothing."""
    with under_load(Series(conversations=160, seconds=44.0)) as load:
        second = load.house.start_relay()
        load.at(4)
        assert routes(load.house.up, second)
        stalled = load.house.pid("relay")
        stopped = stopped_amid_work(load, stalled)
        load.at(36)
        load.does("it goes on", lambda: process_tree.kill([stalled], signal.SIGCONT))
        seen = finished(load, say)
        refused = load.house.up.logged("delivery.not_ours")

    say(f"outcomes of the stalled relay that were refused: {len(refused)}")
    resumed_within(RESUMED, seen.resumed(stopped))
    again = seen.repeated()
    assert [] == [each for each in again if seen.accepted[each.mark].sent > stopped]
    assert CROWD * len(seen.subscribers) >= len(again)


def stopped_amid_work(load: UnderLoad, pid: int) -> float:
    """Stop the relay that routes while it has more than enough to do, and return when (`time.monotonic`)."""
    process_tree.kill([pid], signal.SIGSTOP)
    # Shorter than its lease: events gather that nobody routes, and it is the one to route them.
    time.sleep(2.5)
    before = load.arrived()
    process_tree.kill([pid], signal.SIGCONT)
    eventually(lambda: load.arrived() > before)
    return load.does("routing relay stopped", lambda: process_tree.kill([pid], signal.SIGSTOP))


def test_a_relay_that_stalls_again_and_again_routes_nothing_twice(say: Say) -> None:
    """Whoever routes is stopped for longer than its lease, six times, and for less than makes it count as dead."""
    with under_load(Series(conversations=160, seconds=44.0)) as load:
        second = load.house.start_relay()
        for number in range(6):
            load.at(5 + 7 * number)
            pid = load.house.pid("relay") if routes(load.house.up, second) else second.process.pid
            load.does("routing relay stopped", partial(process_tree.kill, [pid], signal.SIGSTOP))
            load.at(5 + 7 * number + 5.7)
            process_tree.kill([pid], signal.SIGCONT)
        seen = finished(load, say)

    for _, at in load.kills:
        resumed_within(RESUMED, seen.resumed(at))
