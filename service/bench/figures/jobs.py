"""PURE. `bench jobs`: how soon a conversation that fell quiet is closed, how many a second, and what a close costs."""

from collections.abc import Mapping, Sequence
from statistics import median

from service.bench.figures.figure import NOTHING, Figure, Limit, Round, Told, delivered, extra, missing, wait

RATE = 20.0
"""Closes a second at which latency is asked for."""
NAMES: Mapping[str, str] = {"steady": f"{RATE:g} closes a second", "full": "as many as fit"}
"""What is measured, in this order, and what people call it."""


def _cost(kind: str) -> Told:
    def of(rounds: Sequence[Round]) -> float | None:
        told = [each[kind].cpu_ms for each in rounds]
        known = [cost for cost in told if cost is not None]
        return median(known) if known else None

    return of


FIGURES = (
    Figure(f"at {RATE:g} closes/s: event to PATCH, p50 in ms", ("steady",), wait("steady", "p50_ms"), Limit("<", 100)),
    Figure(f"at {RATE:g} closes/s: event to PATCH, p99 in ms", ("steady",), wait("steady", "p99_ms")),
    Figure(f"at {RATE:g} closes/s: CPU of the worker in ms per close", ("steady",), _cost("steady")),
    Figure("as many as fit: closes/s", ("full",), delivered("full")),
    Figure("as many as fit: CPU of the worker in ms per close", ("full",), _cost("full")),
    Figure("not closed", ("steady", "full"), missing("steady", "full"), NOTHING),
    Figure("closed twice", ("steady", "full"), extra("steady", "full"), NOTHING),
)
