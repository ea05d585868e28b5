"""Counting at the sink: until all has come or the time is over, and a little longer for repeats."""

import time

import httpx
import msgspec

from service.bench.samples import Arrival

LOOK = 0.2
"""Seconds between looks at how much has arrived: each costs the sink a little."""
ECHO = 1.0
"""Seconds after the last arrival in which repeats are still counted."""


class Counting:
    """Watches a sink."""

    def __init__(self, sink: httpx.Client, expected: int, patience: float) -> None:
        """`expected` deliveries are waited for, for `patience` seconds at most."""
        self._sink, self._expected = sink, expected
        self._until, self._next = time.monotonic() + patience, 0.0
        self._ends: float | None = None

    def over(self) -> bool | None:
        """Return True when nothing more is waited for, else None."""
        now = time.monotonic()
        if self._ends is not None:
            return now >= self._ends or None
        if now >= self._next:
            self._next = now + LOOK
            if now > self._until or int(self._sink.get("/count").text) >= self._expected:
                self._ends = now + ECHO
        return None

    def arrivals(self) -> list[Arrival]:
        """Return all that has come, in its order."""
        return msgspec.json.decode(self._sink.get("/arrivals").content, type=list[Arrival])


def client(sink: str) -> httpx.Client:
    """Return a client of the sink at a URL, to be closed."""
    # Proxies from the environment are for the world outside, not for this machine.
    return httpx.Client(base_url=sink, trust_env=False, timeout=60)
