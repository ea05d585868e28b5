"""The service under a steady load, from the first callback to the last arrival, with somebody who kills meanwhile."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.callback_series import Callback, Series, callbacks, closed, conversation_id
from tests.fake_twilio import FakeTwilio, running_fake_twilio
from tests.house_under_load import House, running_house
from tests.load_evidence import Evidence
from tests.recording_subscriber import QUICK, Subscribers, recording_subscribers
from tests.steady_sender import Sender, sending

SUBSCRIBERS = ("first", "second", "third")
RESUMED = 30.0
"""Seconds within which work goes on after the death of a process."""
RECONNECTED = 15.0
"""Seconds within which it does after Redis is back."""
UNEXPECTED = frozenset({"cut", "503"})
"""The answers besides 2xx that a caller may get while something is dead."""


class Closings:
    """Twilio's own callbacks about conversations that were closed through its API."""

    def __init__(self, twilio: FakeTwilio, first_number: int) -> None:
        self._twilio, self._next, self._told = twilio, first_number, set[str]()

    def new(self, now: float) -> Sequence[Callback]:
        """Return a callback, due now, for each conversation that has been closed since the last call."""
        if len(self._twilio.closings) == len(self._told):
            return ()
        fresh = [each for each in list(self._twilio.closings) if each not in self._told]
        self._told.update(fresh)
        self._next += len(fresh)
        return [closed(self._next - number, each, now) for number, each in enumerate(fresh, start=1)]


class UnderLoad:
    """The parts; `at` waits for a moment of the load, `finish` for its end."""

    def __init__(self, house: House, twilio: FakeTwilio, sender: Sender, subscribers: Subscribers) -> None:
        self.house, self.twilio, self.sender, self._subscribers = house, twilio, sender, subscribers
        self.kills: list[tuple[str, float]] = []

    def at(self, seconds: float) -> None:
        """Return so many seconds after the first callback was due; at once where that is over."""
        time.sleep(max(0.0, self.sender.began + seconds - time.monotonic()))

    def does(self, what: str, how: Callable[[], None]) -> float:
        """Do some harm, and return when (`time.monotonic`) it was done."""
        how()
        return self.notes(what)

    def notes(self, what: str) -> float:
        """Note that something has just happened after which work has to go on, and return when (`time.monotonic`)."""
        moment = time.monotonic()
        self.kills.append((what, moment))
        return moment

    def arrived(self) -> int:
        """Return how many deliveries have arrived so far, at all subscribers."""
        return len(self._subscribers.arrivals())

    def finish(self) -> Evidence:
        """Return what was seen, once all work is done, or 30 s after the last callback and the last harm."""
        self._until(lambda: self.sender.idle, len(self.sender.callbacks))
        self._until(self._all_done, RESUMED)
        return self._evidence(self.house.stats())

    def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        # What is missing then is named by the assertions, each for itself.
        until = time.monotonic() + seconds
        while not condition() and time.monotonic() < until:
            time.sleep(0.5)

    def _all_done(self) -> bool:
        # The cheap questions first: all this runs on the cores of those who have work to finish.
        if not self.sender.idle or self._untold():
            return False
        stats = self.house.stats()
        if not stats or _busy(stats):
            return False
        seen = self._evidence(stats)
        return not seen.missing() and not seen.left_open()

    def _untold(self) -> bool:
        told = sum(each.status == "CLOSED" for each in list(self.sender.callbacks.values()))
        return told < len(self.twilio.closings)

    def _evidence(self, stats: dict[str, Any]) -> Evidence:
        asked = [(at, path) for at, method, path in list(self.twilio.requests) if method == "PATCH"]
        return Evidence(
            callbacks=dict(self.sender.callbacks),
            accepted=dict(self.sender.accepted),
            arrivals=tuple(self._subscribers.arrivals()),
            subscribers=frozenset(SUBSCRIBERS),
            patches=tuple((at, path.rpartition("/")[2]) for at, path in asked),
            closings=dict(self.twilio.closings),
            stats=stats,
        )


def _busy(stats: dict[str, Any]) -> bool:
    """Return whether the service itself says that work is left."""
    jobs = stats["jobs"]
    lags = [stats["routing"]["lag"], *(each["lag"] for each in stats["endpoints"])]
    return any(lag["count"] for lag in lags) or any(jobs[n] for n in ("intended", "waiting", "queued", "running"))


@contextmanager
def under_load(series: Series, answers_in: float = QUICK) -> Iterator[UnderLoad]:
    """Run everything on free ports of the loopback and begin to send; the block says who is killed when.

    Subscribers answer in `answers_in` seconds.
    """
    # Not pytest's folder: a unix socket's path may hold about 100 bytes.
    with TemporaryDirectory(prefix="ce-", ignore_cleanup_errors=True) as name, ExitStack() as stack:
        folder = Path(name)
        twilio = stack.enter_context(running_fake_twilio())
        for number in range(series.conversations):
            twilio.converse(conversation_id(number))
        subscribers = stack.enter_context(recording_subscribers(folder, answers_in))
        house = stack.enter_context(running_house(folder, twilio.url))
        for subscriber in SUBSCRIBERS:
            house.subscribe(f"{subscribers.url}/{subscriber}")
        more = Closings(twilio, series.conversations * series.callbacks).new
        sender = stack.enter_context(sending(house.receiver, callbacks(series), more))
        yield UnderLoad(house, twilio, sender, subscribers)


def holds(seen: Evidence, sender: Sender) -> None:
    """Assert what holds whatever was killed: nothing lost, each stored, routed and closed once, and nothing stuck."""
    assert set() == set(sender.refusals) - UNEXPECTED
    assert (set(), set()) == (seen.missing(), seen.gaps())
    assert ({}, {}) == seen.ambiguous()
    assert ({}, set()) == (seen.closed_twice(), seen.left_open())
    assert [] == seen.out_of_sequence()
    stored = len({each.event_id for each in seen.arrivals})
    assert stored == seen.stats["events"]["received"]
    counted = [(each["delivered"], each["dead"], each["lag"]["count"]) for each in seen.stats["endpoints"]]
    assert [(stored, 0, 0)] * len(SUBSCRIBERS) == counted
    slowest = seen.slowest()
    assert max(slowest.delivery, slowest.close) <= RESUMED, slowest


def summary(load: UnderLoad, seen: Evidence) -> str:
    """Return in one line what was measured; the three times are those of acknowledgement, delivery and close."""
    tries = sum(each.tries - 1 for each in seen.accepted.values())
    resumed = ", ".join(f"{what} {seen.resumed(at).shown()}" for what, at in load.kills)
    return "; ".join(
        (
            f"resumed in s (ack/delivery/close) {resumed}",
            f"slowest {seen.slowest().shown()}",
            f"{len(seen.accepted)} acknowledged after {tries} repeats {dict(load.sender.refusals)}",
            f"{len(load.sender.given_up)} given up, longest answer {load.sender.longest:.1f} s",
            f"{len(seen.arrivals)} arrivals, {len(seen.repeated())} of them again",
            f"{sum(seen.closings.values())} closed by {len(seen.patches)} PATCHes",
        )
    )
