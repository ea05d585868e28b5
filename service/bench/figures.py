"""The figures: which are told, what is asked of each, and whether it is met.

Law of the room: pure. Rates and times are medians of the rounds; a ratio is that of two medians, so that a reader can
check it; what is lost or repeated is counted over all rounds, since one event too few is one too few.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from msgspec import Struct

from service.bench.samples import Arrivals, Sample

Kind = Literal["bare", "receiving", "whole", "peer", "latency"]
KINDS: tuple[Kind, ...] = ("bare", "receiving", "whole", "peer", "latency")
"""What is measured; `measurements` holds one function for each."""
Only = Literal["receiving", "throughput", "latency"]
PARTS: Mapping[Only, tuple[Kind, ...]] = {
    "receiving": ("bare", "receiving"),
    "throughput": ("whole", "peer"),
    "latency": ("latency",),
}
"""What a part of the measurements needs."""

Round = Mapping[Kind, Sample]


class Row(Struct, frozen=True):
    """One line of the table; `met` is None where nothing is asked."""

    what: str
    measured: float | None
    asked: str = ""
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """What is asked of a figure."""

    relation: Literal["≥", "<", "="]
    bound: float

    def __str__(self) -> str:
        """Return it as the table tells it."""
        return f"{self.relation} {self.bound:g}" if self.relation != "=" else f"{self.bound:g}"

    def holds(self, measured: float) -> bool:
        """Return whether a figure is as asked."""
        if self.relation == "≥":
            return measured >= self.bound
        return measured < self.bound if self.relation == "<" else measured == self.bound


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table before it is measured: what it needs, how it comes about, what is asked."""

    what: str
    needs: tuple[Kind, ...]
    of: Callable[[Sequence[Round]], float | None]
    limit: Limit | None = None

    def row(self, rounds: Sequence[Round]) -> Row:
        """Return the line; a figure that cannot be told does not meet what is asked."""
        measured = self.of(rounds)
        if self.limit is None:
            return Row(self.what, measured)
        return Row(self.what, measured, str(self.limit), measured is not None and self.limit.holds(measured))


def order(kinds: Sequence[Kind], rounds: int) -> list[tuple[int, Kind]]:
    """Return what to measure, each with its round (from 0): there and back, so that a drift of the machine hits all."""
    return [(number, kind) for number in range(rounds) for kind in (kinds if number % 2 == 0 else reversed(kinds))]


def rows(rounds: Sequence[Round]) -> tuple[Row, ...]:
    """Return the lines that can be told of what every round has measured."""
    measured = set.intersection(*(set(each) for each in rounds)) if rounds else set()
    return tuple(figure.row(rounds) for figure in FIGURES if measured.issuperset(figure.needs))


def all_met(told: Sequence[Row]) -> bool:
    """Return whether nothing that is asked is missed."""
    return all(row.met is not False for row in told)


def _rate(kind: Kind) -> Callable[[Sequence[Round]], float]:
    return lambda rounds: median(each[kind].per_s for each in rounds)


def _delivered(kind: Kind) -> Callable[[Sequence[Round]], float]:
    return lambda rounds: median(arrived.per_s for arrived in _arrivals(kind, rounds))


def _missing(kind: Kind) -> Callable[[Sequence[Round]], float]:
    return lambda rounds: sum(arrived.missing for arrived in _arrivals(kind, rounds))


def _extra(kind: Kind) -> Callable[[Sequence[Round]], float]:
    return lambda rounds: sum(arrived.extra for arrived in _arrivals(kind, rounds))


def _wait(kind: Kind, name: Literal["p50_ms", "p99_ms"]) -> Callable[[Sequence[Round]], float | None]:
    def of(rounds: Sequence[Round]) -> float | None:
        times: list[float | None] = [getattr(arrived.waits, name) for arrived in _arrivals(kind, rounds)]
        known = [time for time in times if time is not None]
        return median(known) if known else None

    return of


def _ratio(
    one: Callable[[Sequence[Round]], float], other: Callable[[Sequence[Round]], float]
) -> Callable[[Sequence[Round]], float | None]:
    def of(rounds: Sequence[Round]) -> float | None:
        below = other(rounds)
        return one(rounds) / below if below else None

    return of


def _arrivals(kind: Kind, rounds: Sequence[Round]) -> list[Arrivals]:
    found = (each[kind].arrivals for each in rounds)
    return [arrived for arrived in found if arrived is not None]


NOTHING = Limit("=", 0)
FIGURES = (
    Figure("bare Starlette: requests/s", ("bare",), _rate("bare")),
    Figure("receiving alone: acks/s", ("receiving",), _rate("receiving")),
    Figure(
        "acks/s: receiving alone ÷ bare Starlette",
        ("bare", "receiving"),
        _ratio(_rate("receiving"), _rate("bare")),
        Limit("≥", 0.35),
    ),
    Figure("everything: acks/s", ("whole",), _rate("whole")),
    Figure("everything: deliveries/s", ("whole",), _delivered("whole")),
    Figure("everything: missing", ("whole",), _missing("whole"), NOTHING),
    Figure("everything: extra", ("whole",), _extra("whole"), NOTHING),
    Figure("Express + BullMQ: acks/s", ("peer",), _rate("peer")),
    Figure("Express + BullMQ: deliveries/s", ("peer",), _delivered("peer")),
    Figure("Express + BullMQ: missing", ("peer",), _missing("peer")),
    Figure("Express + BullMQ: extra", ("peer",), _extra("peer")),
    Figure(
        "acks/s: everything ÷ Express + BullMQ",
        ("whole", "peer"),
        _ratio(_rate("whole"), _rate("peer")),
        Limit("≥", 2.5),
    ),
    Figure(
        "deliveries/s: everything ÷ Express + BullMQ",
        ("whole", "peer"),
        _ratio(_delivered("whole"), _delivered("peer")),
        Limit("≥", 2),
    ),
    Figure("at 50 events/s: send to arrival, p50 in ms", ("latency",), _wait("latency", "p50_ms"), Limit("<", 10)),
    Figure("at 50 events/s: send to arrival, p99 in ms", ("latency",), _wait("latency", "p99_ms"), Limit("<", 40)),
    Figure("at 50 events/s: missing", ("latency",), _missing("latency"), NOTHING),
    Figure("at 50 events/s: extra", ("latency",), _extra("latency"), NOTHING),
)
