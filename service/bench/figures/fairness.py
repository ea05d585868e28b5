"""PURE. `bench fairness`: how soon healthy endpoints get their events, alone and beside four that misbehave."""

from collections.abc import Callable, Mapping, Sequence

from service.bench.figures.figure import NOTHING, Figure, Limit, Round, Told, delivered, extra, missing, wait
from service.bench.samples import Sample

HEALTHY = 20
"""Healthy endpoints."""
FAN_OUTS = (20, 10, 5, 4, 2, 1)
"""Healthy endpoints that an event may go to, the most first: as many different ones in turn as all are reached."""
CARRIED_MS = 40.0
"""A p99 below this tells that a rate is carried without queues: what `bench` asks of a quiet service."""
HEADROOM = 1.25
"""So much of a rate has to be carried: the misbehaving want their share of routing too, and queues tell nothing."""
SHARE, SLACK_MS = 0.10, 5.0
"""What the misbehaving may cost the others' p99: this share of it, or these milliseconds, whichever is more."""
UNRULY = {
    "dead": "the dead one: failed attempts",
    "slow": "the slow one: requests",
    "dripping": "the dripping one: requests",
    "limited": "the rate-limited one: requests",
}
NAMES: Mapping[str, str] = {
    "alone": "healthy alone",
    "beside": "healthy beside four others",
    "full_alone": "every event to all, alone",
    "full_beside": "every event to all, beside four others",
}
"""What is measured, in this order, and what people call it; the full ones where the asked ones are not full."""


def kinds(fan_out: int, *, full: bool) -> tuple[str, ...]:
    """Return what to measure where each event goes to so many; `full`: what sends each to all too."""
    return tuple(NAMES) if full and fan_out != HEALTHY else ("alone", "beside")


def carried(sample: Sample) -> bool:
    """Return whether a run of the healthy ones alone kept pace."""
    arrived = sample.arrivals
    if arrived is None or arrived.missing or arrived.waits.p99_ms is None:
        return False
    return arrived.waits.p99_ms < CARRIED_MS


def figures(fan_out: int, rate: float) -> tuple[Figure, ...]:
    """Return the lines for `rate` events a second that go to `fan_out` of the healthy endpoints each."""
    return (
        *_reading(_called(HEALTHY, rate), "full_alone", "full_beside", asked=False),
        *_reading(_called(fan_out, rate), "alone", "beside", asked=True),
        *(Figure(what, ("beside",), _taken(name), Limit("≥", 1)) for name, what in UNRULY.items()),
    )


def _called(fan_out: int, rate: float) -> str:
    return f"{rate:g} events/s to {fan_out} of {HEALTHY}"


def _reading(called: str, alone: str, beside: str, *, asked: bool) -> tuple[Figure, ...]:
    both = (alone, beside)
    p99 = wait(beside, "p99_ms")
    return (
        Figure(f"{called}: deliveries/s", (alone,), delivered(alone)),
        Figure(f"{called}, alone: p50 in ms", (alone,), wait(alone, "p50_ms")),
        Figure(f"{called}, beside: p50 in ms", (beside,), wait(beside, "p50_ms")),
        Figure(f"{called}, alone: p99 in ms", (alone,), wait(alone, "p99_ms")),
        Figure(f"{called}, beside: p99 in ms", both, p99, _allowed(wait(alone, "p99_ms")) if asked else None),
        Figure(f"{called}: missing", both, missing(*both), NOTHING),
        Figure(f"{called}: extra", both, extra(*both), NOTHING),
    )


def _allowed(alone: Told) -> Callable[[Sequence[Round]], Limit | None]:
    def limit(rounds: Sequence[Round]) -> Limit | None:
        p99 = alone(rounds)
        return None if p99 is None else Limit("≤", round(max(p99 * (1 + SHARE), p99 + SLACK_MS), 2))

    return limit


def _taken(name: str) -> Told:
    # The fewest of the rounds: one round in which it was left alone would prove nothing.
    return lambda rounds: min((each["beside"].unruly or {}).get(name, 0) for each in rounds)
