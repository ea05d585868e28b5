"""Rounds of the bench that nobody measured, and a line of the table that they come to."""

from collections.abc import Sequence

from service.bench.figures.figure import Figure, Round, Row, rows
from service.bench.samples import Arrivals, Sample, Waits


def made(per_s: float, delivered: float = 0.0, missing: int = 0, p50_ms: float = 5.0) -> Sample:
    """Return a sample with these figures."""
    times = Waits(p50_ms, 2 * p50_ms)
    return Sample(100, per_s, times, Arrivals(300 - missing, missing, 0, delivered, times))


def row(rounds: list[Round], what: str, figures: Sequence[Figure]) -> Row:
    """Return the line of the table that is about `what`."""
    return next(each for each in rows(figures, rounds) if each.what == what)
