"""PURE. The breaker: when an endpoint fails so often that it is left in peace for a while."""

from collections import deque

PERIOD = 300.0
"""Seconds over which results count."""
LEAST = 10
"""Results below which nothing is concluded."""
SHARE = 0.7
"""Share of failures at which the breaker opens."""
FIRST_PAUSE = 30.0
"""Seconds of the first pause; each failed probe doubles it."""
LONGEST_PAUSE = 600.0
"""Seconds of the longest pause."""
PROBE = 20.0
"""Seconds that a probe may take, before another may be sent: more than an attempt can last."""
STEP = 10.0
"""Seconds whose results are counted together."""


class Results:
    """What the attempts of one endpoint came to lately, counted by steps of ten seconds."""

    __slots__ = ("_failed", "_steps", "_whole")

    def __init__(self) -> None:
        """There is nothing yet."""
        self._steps: deque[list[float]] = deque()
        self._whole = self._failed = 0

    def note(self, at: float, *, failed: bool) -> None:
        """Count a result; `at` is in seconds on a clock that never goes back."""
        if not self._steps or at - self._steps[-1][0] >= STEP:
            # Here too: nobody asks about an endpoint that only succeeds.
            self._drop_old(at)
            self._steps.append([at, 0, 0])
        self._steps[-1][1] += 1
        self._steps[-1][2] += failed
        self._whole += 1
        self._failed += failed

    def open(self, at: float) -> bool:
        """Return whether the breaker should open."""
        self._drop_old(at)
        return self._whole >= LEAST and self._failed >= SHARE * self._whole

    def forget(self) -> None:
        """Begin anew."""
        self._steps.clear()
        self._whole = self._failed = 0

    def _drop_old(self, at: float) -> None:
        while self._steps and at - self._steps[0][0] > PERIOD:
            _, whole, failed = self._steps.popleft()
            self._whole -= int(whole)
            self._failed -= int(failed)
