"""PURE. How far an endpoint that only fails is on its way to being disabled, and what is said on the way."""

import msgspec

from service.events.delivery import Settled

PATIENCE = 120 * 3600
"""Seconds without a success after which an endpoint is disabled."""
LEAST_SPAN = 12 * 3600
"""Seconds that its failures must span, lest one bad minute after a silent week counts."""
LEAST_FAILURES = 10
WARNINGS = (90, 70, 50)
"""Per cent of the way at which it is said."""


class Warn(msgspec.Struct, frozen=True):
    """Say that the endpoint is so many per cent of the way."""

    percent: int


class Disable(msgspec.Struct, frozen=True):
    """Disable the endpoint: its time is up."""


def measure(settled: Settled, since_ms: int, now_ms: int) -> Warn | Disable | None:
    """Return what a failure calls for.

    `since_ms` is when the endpoint was made or last enabled: without a success, its time counts from there. An
    endpoint is on its way as soon as its failures span enough time and attempts; before that nothing is said.
    """
    if settled.first_failure is None or settled.failures < LEAST_FAILURES:
        return None
    if now_ms - settled.first_failure < LEAST_SPAN * 1000:
        return None
    silent = now_ms - max(since_ms, settled.last_success or 0)
    percent = silent * 100 // (PATIENCE * 1000)
    if percent >= 100:  # noqa: PLR2004 - per cent
        return Disable()
    reached = next((each for each in WARNINGS if percent >= each), 0)
    return Warn(reached) if reached > settled.warned else None
