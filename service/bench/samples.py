"""Samples: what one run of the load generator comes to.

Law of the room: pure. Times are in seconds on one clock, that of this machine; rates are per second.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct


class Waits(Struct, frozen=True):
    """How long something took: median and 99th percentile in milliseconds; None where nothing was waited for."""

    p50_ms: float | None
    p99_ms: float | None


class Arrivals(Struct, frozen=True):
    """What reached the subscribers; each event belongs to each of them once."""

    arrived: int
    missing: int
    extra: int
    per_s: float
    waits: Waits


class Sample(Struct, frozen=True):
    """What one run came to: events that were acknowledged, how fast, and what arrived where that was counted.

    `unruly` says how often each subscriber that misbehaves was tried, by its name, where there were any. `cpu_ms` is
    the processor time that one arrival took, where that was measured.
    """

    acknowledged: int
    per_s: float
    waits: Waits
    arrivals: Arrivals | None = None
    unruly: Mapping[str, int] | None = None
    cpu_ms: float | None = None


class Arrival(Struct, frozen=True, array_like=True):
    """One delivery: the subscriber's path, the number of the event, and when it came."""

    path: str
    event: int
    at: float


def sample(sent: Sequence[float], answered: Sequence[float], arrived: Arrivals | None = None) -> Sample:
    """Return what a run came to; request n was sent at `sent[n]` and acknowledged at `answered[n]`."""
    took = max(answered) - min(sent)
    times = (end - begin for begin, end in zip(sent, answered, strict=True))
    return Sample(len(answered), len(answered) / took, waits(times), arrived)


def arrivals(sent: Sequence[float], came: Iterable[Arrival], subscribers: int) -> Arrivals:
    """Return what reached the subscribers, of whom each event is for so many.

    What came to one of them again is extra, and its first time counts. The rate is told from the first request on.
    """
    first, extra = _first(came)
    times = (at - sent[event] for (_, event), at in first.items())
    return _arrivals(first, extra, len(sent) * subscribers, min(sent), waits(times))


def drained(came: Iterable[Arrival], expected: int) -> Arrivals:
    """Return what reached the subscribers of what had been stored before; the rate is told from the first arrival on.

    `expected` counts the deliveries.
    """
    first, extra = _first(came)
    return _arrivals(first, extra, expected, min(first.values(), default=0.0), waits(()))


def _first(came: Iterable[Arrival]) -> tuple[dict[tuple[str, int], float], int]:
    """Return when each delivery came first, and how many came again."""
    first: dict[tuple[str, int], float] = {}
    number = 0
    for each in came:
        number += 1
        first.setdefault((each.path, each.event), each.at)
    return first, number - len(first)


def _arrivals(
    first: Mapping[tuple[str, int], float], extra: int, expected: int, began: float, times: Waits
) -> Arrivals:
    took = max(first.values(), default=math.inf) - began
    return Arrivals(
        arrived=len(first),
        missing=expected - len(first),
        extra=extra,
        per_s=len(first) / took if took else 0.0,
        waits=times,
    )


def waits(seconds: Iterable[float]) -> Waits:
    """Return median and 99th percentile of times in seconds, both by nearest rank."""
    ordered = sorted(seconds)
    return Waits(_percentile(ordered, 0.50), _percentile(ordered, 0.99))


def _percentile(ordered: Sequence[float], share: float) -> float | None:
    return ordered[max(1, math.ceil(len(ordered) * share)) - 1] * 1000 if ordered else None
