"""PURE. A figure: a line of the table, from what it needs to whether it is as asked.

Rates and times are medians of the rounds; a ratio is that of two medians, so that a reader can check it; what is lost
or repeated is counted over all rounds, since one event too few is one too few.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from msgspec import Struct

from service.bench.samples import Arrivals, Sample

Round = Mapping[str, Sample]
"""One round's samples by kind: a bench names its kinds."""


class Row(Struct, frozen=True):
    """One line of the table; `met` is None where nothing is asked."""

    what: str
    measured: float | None
    asked: str = ""
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """What is asked of a figure."""

    relation: Literal["≥", "≤", "<", "="]
    bound: float

    def __str__(self) -> str:
        """Return it as the table tells it."""
        return f"{self.relation} {self.bound:g}" if self.relation != "=" else f"{self.bound:g}"

    def holds(self, measured: float) -> bool:
        """Return whether a figure is as asked."""
        if self.relation == "≥":
            return measured >= self.bound
        if self.relation == "≤":
            return measured <= self.bound
        return measured < self.bound if self.relation == "<" else measured == self.bound


NOTHING = Limit("=", 0)
Told = Callable[[Sequence[Round]], float | None]


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table before it is measured: what it needs, how it comes about, what is asked.

    A limit that is a function depends on the rounds too; where it cannot be told, the figure is not met.
    """

    what: str
    needs: tuple[str, ...]
    of: Told
    limit: Limit | Callable[[Sequence[Round]], Limit | None] | None = None

    def row(self, rounds: Sequence[Round]) -> Row:
        """Return the line; a figure that cannot be told does not meet what is asked."""
        measured = self.of(rounds)
        if self.limit is None:
            return Row(self.what, measured)
        limit = self.limit if isinstance(self.limit, Limit) else self.limit(rounds)
        if limit is None:
            return Row(self.what, measured, "?", met=False)
        return Row(self.what, measured, str(limit), measured is not None and limit.holds(measured))


def order(kinds: Sequence[str], rounds: int) -> list[tuple[int, str]]:
    """Return what to measure, each with its round (from 0): there and back, so that a drift of the machine hits all."""
    return [(number, kind) for number in range(rounds) for kind in (kinds if number % 2 == 0 else reversed(kinds))]


def rows(figures: Sequence[Figure], rounds: Sequence[Round]) -> tuple[Row, ...]:
    """Return the lines that can be told of what every round has measured."""
    measured = set.intersection(*(set(each) for each in rounds)) if rounds else set()
    return tuple(figure.row(rounds) for figure in figures if measured.issuperset(figure.needs))


def all_met(told: Sequence[Row]) -> bool:
    """Return whether nothing that is asked is missed."""
    return all(row.met is not False for row in told)


def rate(kind: str) -> Told:
    """Return what tells the requests a second that were answered."""
    return lambda rounds: median(each[kind].per_s for each in rounds)


def delivered(kind: str) -> Told:
    """Return what tells the deliveries a second."""
    return lambda rounds: median(arrived.per_s for arrived in _arrivals(kind, rounds))


def missing(*kinds: str) -> Told:
    """Return what tells the deliveries that never came, in all rounds of these kinds."""
    return lambda rounds: sum(arrived.missing for kind in kinds for arrived in _arrivals(kind, rounds))


def extra(*kinds: str) -> Told:
    """Return what tells the deliveries that came again, in all rounds of these kinds."""
    return lambda rounds: sum(arrived.extra for kind in kinds for arrived in _arrivals(kind, rounds))


def wait(kind: str, name: Literal["p50_ms", "p99_ms"]) -> Told:
    """Return what tells the milliseconds from a callback that is sent to its arrival."""

    def of(rounds: Sequence[Round]) -> float | None:
        times: list[float | None] = [getattr(arrived.waits, name) for arrived in _arrivals(kind, rounds)]
        known = [time for time in times if time is not None]
        return median(known) if known else None

    return of


def ratio(one: Told, other: Told) -> Told:
    """Return what tells one figure over another; nothing where the other is nothing."""

    def of(rounds: Sequence[Round]) -> float | None:
        above, below = one(rounds), other(rounds)
        return above / below if above is not None and below else None

    return of


def _arrivals(kind: str, rounds: Sequence[Round]) -> list[Arrivals]:
    found = (each[kind].arrivals for each in rounds)
    return [arrived for arrived in found if arrived is not None]
