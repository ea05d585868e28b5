"""PURE. Inactivity: after so many minutes without traffic a conversation becomes inactive, after more it is closed.

Both are counted from the last traffic, on the channel that it came by; Twilio does not say from when it counts.
"""

import heapq
from collections.abc import Iterator

from service.simulator.call import Resource
from service.simulator.world.birth import Birth
from service.simulator.world.configurations import timeouts


class Timers:
    """What will happen to which conversation if nothing else does."""

    def __init__(self, birth: Birth) -> None:
        self._birth = birth
        self._heap: list[tuple[int, str, str]] = []
        self._valid: dict[str, tuple[int, str]] = {}

    def watch(self, name: str, conversation: Resource, channel: str, since: int) -> None:
        """Set a conversation's timer anew, from its status and the time (ms) of its last traffic."""
        found = self._next(conversation, channel, since)
        if found is None:
            self._valid.pop(name, None)
            return
        self._valid[name] = found
        heapq.heappush(self._heap, (found[0], name, found[1]))

    def next(self) -> int | None:
        """Return when (ms) the next timer is due, or None."""
        while self._heap and self._valid.get(self._heap[0][1]) != (self._heap[0][0], self._heap[0][2]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, at: int) -> Iterator[tuple[str, str]]:
        """Yield conversation and new status of each timer that is due; one may set the next before it is asked for."""
        while (next_due := self.next()) is not None and next_due <= at:
            _, name, status = heapq.heappop(self._heap)
            self._valid.pop(name, None)
            yield name, status

    def waiting(self, status: str) -> int:
        """Return how many conversations a timer will give this status next."""
        return sum(1 for _, next_status in self._valid.values() if next_status == status)

    def _next(self, conversation: Resource, channel: str, since: int) -> tuple[int, str] | None:
        inactive, closed = timeouts(conversation["configuration"], channel)
        if conversation["status"] == "ACTIVE" and inactive:
            return since + self._birth.minutes(inactive), "INACTIVE"
        if conversation["status"] != "CLOSED" and closed:
            return since + self._birth.minutes(closed), "CLOSED"
        return None
