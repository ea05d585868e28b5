"""What a load has shown from outside, and what must hold of it whatever was killed meanwhile.

Times are `time.monotonic`; a callback is known by its number, a conversation by its id.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.callback_series import Callback
from tests.recording_subscriber import Arrival
from tests.steady_sender import Accepted


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds until the next acknowledgement, the next delivery and the next PATCH; each of something newly sent."""

    ack: float
    delivery: float
    close: float

    def shown(self) -> str:
        """Return the three with a slash between."""
        return f"{self.ack:.1f}/{self.delivery:.1f}/{self.close:.1f}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was seen. `patches` are (when, conversation), `closings` how often each conversation became closed."""

    callbacks: Mapping[int, Callback]
    accepted: Mapping[int, Accepted]
    arrivals: tuple[Arrival, ...]
    subscribers: frozenset[str]
    patches: tuple[tuple[float, str], ...]
    closings: Mapping[str, int]
    stats: Mapping[str, Any]

    def missing(self) -> set[tuple[str, int]]:
        """Return (subscriber, number) of what was acknowledged and did not arrive."""
        due = {(name, number) for name in self.subscribers for number in self.accepted}
        return due - {(each.subscriber, each.mark) for each in self.arrivals}

    def ambiguous(self) -> tuple[dict[int, set[str]], dict[str, set[tuple[int, int]]]]:
        """Return numbers that came under several ids, and ids that came with several numbers or sequences."""
        ids: dict[int, set[str]] = defaultdict(set)
        contents: dict[str, set[tuple[int, int]]] = defaultdict(set)
        for each in self.arrivals:
            ids[each.mark].add(each.event_id)
            contents[each.event_id].add((each.mark, each.sequence))
        return {m: i for m, i in ids.items() if len(i) > 1}, {i: c for i, c in contents.items() if len(c) > 1}

    def repeated(self) -> list[Arrival]:
        """Return the arrivals of what had arrived at the same subscriber before."""
        seen: Counter[tuple[str, str]] = Counter()
        again = []
        for each in self.arrivals:
            seen[each.subscriber, each.event_id] += 1
            if seen[each.subscriber, each.event_id] > 1:
                again.append(each)
        return again

    def out_of_sequence(self) -> list[Arrival]:
        """Return the arrivals that do not name the event just before theirs as the one that was routed before.

        Each subscriber gets every event, so this is how an event that was routed twice, or past another, shows.
        """
        return [each for each in self.arrivals if each.previous != each.sequence - 1]

    def gaps(self) -> set[tuple[str, str, int]]:
        """Return (subscriber, conversation, sequence) of what was stored, judging by later ones, and did not arrive."""
        found: dict[tuple[str, str], set[int]] = defaultdict(set)
        for each in self.arrivals:
            found[each.subscriber, self.callbacks[each.mark].conversation_id].add(each.sequence)
        return {(*key, number) for key, known in found.items() for number in set(range(1, max(known))) - known}

    def left_open(self) -> set[str]:
        """Return the conversations whose going quiet was acknowledged, and that are open."""
        return self._quiet().keys() - self.closings.keys()

    def closed_twice(self) -> dict[str, int]:
        """Return the conversations that more than one PATCH asked to close."""
        asked = Counter(conversation for _, conversation in self.patches)
        return {conversation: times for conversation, times in asked.items() if times > 1}

    def resumed(self, after: float) -> Waits:
        """Return how long after a moment the work went on, judged by callbacks that were sent after it."""
        sent = {number: each for number, each in self.accepted.items() if each.sent > after}
        quiet = {conversation for conversation, number in self._quiet().items() if number in sent}
        return Waits(
            _first((each.at for each in sent.values()), after),
            # An earlier try, cut off, may have been stored all the same: what it led to is not of this one.
            _first((a.at for a in self.arrivals if a.mark in sent and a.at > sent[a.mark].sent), after),
            _first((at for at, conversation in self.patches if conversation in quiet), after),
        )

    def slowest(self) -> Waits:
        """Return the longest time to an acknowledgement, and from there to a first arrival and to a PATCH."""
        arrived: dict[tuple[str, int], float] = {}
        for each in self.arrivals:
            arrived.setdefault((each.subscriber, each.mark), each.at)
        patched = {conversation: at for at, conversation in reversed(self.patches)}
        acknowledged = {number: each.at for number, each in self.accepted.items()}
        return Waits(
            max(each.at - each.sent for each in self.accepted.values()),
            max(at - acknowledged.get(number, at) for (_, number), at in arrived.items()),
            max(patched.get(name, 0.0) - acknowledged[number] for name, number in self._quiet().items()),
        )

    def _quiet(self) -> dict[str, int]:
        inactive = (number for number in self.accepted if self.callbacks[number].status == "INACTIVE")
        return {self.callbacks[number].conversation_id: number for number in inactive}


def _first(times: Iterable[float], after: float) -> float:
    """Return the seconds from a moment to the first of the times; infinite where there is none."""
    return min(times, default=float("inf")) - after
