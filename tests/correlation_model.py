"""What the append script should do with names, ranks and words, in a few lines of Python without Redis."""

from dataclasses import dataclass, field

from service.events.correlation import ADDRESSES
from service.events.event import Event


@dataclass(frozen=True)
class Expected:
    """What should become of an event."""

    outcome: str
    sequence: int | None = None
    conversation_id: str | None = None
    late: bool = False
    by: str | None = None
    other_source: bool = False


@dataclass
class Model:
    """What is known: nothing runs out here, and no conversation has times."""

    status: dict[str, str] = field(default_factory=dict)
    sequence: dict[str, int] = field(default_factory=dict)
    known_by: dict[str, str] = field(default_factory=dict)
    rank: dict[str, int] = field(default_factory=dict)
    words: set[tuple[str, str]] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)

    def append(self, event: Event) -> Expected:
        """Return what should become of the event, and remember it."""
        found = event.conversation_id or next(filter(None, map(self._found, event.names)), None)
        if event.id in self.seen:
            return Expected("duplicate", conversation_id=event.conversation_id)
        self.seen.add(event.id)
        by = None if event.conversation_id or not found else self._by(event)
        late = self._ranked(event) or self._moved(event)
        sequence = None
        if found:
            sequence = self.sequence[found] = self.sequence.get(found, 0) + 1
            self._learn(event, found)
        return Expected("stored", sequence, found, late, by, self._spoken(event))

    def _closed(self, conversation: str) -> bool:
        return self.status.get(conversation) == "CLOSED"

    def _found(self, name: str) -> str | None:
        found = self.known_by.get(name)
        return None if found and name.startswith(ADDRESSES) and self._closed(found) else found

    def _by(self, event: Event) -> str:
        name = next(filter(self._found, event.names))
        return "addresses" if name.startswith(ADDRESSES) else "sid"

    def _ranked(self, event: Event) -> bool:
        if event.rank is None or event.resource_id is None:
            return False
        held, new = self.rank.get(event.resource_id, -1), int(event.rank)
        late = new != held and (held > new or (new == 9 and held >= 5))
        if not late:
            self.rank[event.resource_id] = new
        return late

    def _moved(self, event: Event) -> bool:
        if event.status is None or event.conversation_id is None:
            return False
        late = self._closed(event.conversation_id) and event.status != "CLOSED"
        if not late:
            self.status[event.conversation_id] = event.status
        return late

    def _learn(self, event: Event, found: str) -> None:
        for name in event.names:
            if not name.startswith(ADDRESSES):
                before = self.known_by.setdefault(name, found)
                if self._closed(before) and not self._closed(found):
                    self.known_by[name] = found
            elif event.conversation_id and not self._closed(found):
                self.known_by[name] = found

    def _spoken(self, event: Event) -> bool:
        if event.words is None:
            return False
        self.words.add((event.names[0], event.words))
        return (event.names[0], {"captured": "transcribed", "transcribed": "captured"}[event.words]) in self.words
