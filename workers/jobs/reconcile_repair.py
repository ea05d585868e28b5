"""Comparing what Twilio shows with the log, and appending what is missing."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from service.events.event import Event
from service.events.known import Known
from service.events.reconciled import MOST_REPAIRS, Repair
from service.store.reconciliation import REPAIRED, Reconciliation
from service.twilio.reconstruction import Found
from workers.jobs.reconcile_fetch import Fetcher
from workers.jobs.reconciling import floor_of, in_order, told_as

SETTLE = 2.0
"""Seconds between the look that found something missing and its repair: most of what seems missing is on its way."""

Shown = Mapping[str, Sequence[Found]]
"""What Twilio shows, by conversation."""


class Compared(msgspec.Struct, frozen=True):
    """What came of comparing a conversation: our sequence after the repair, and how many events were missing."""

    known: Known
    sequence: int
    missing: int


class Repairs:
    """The repairs of one pass; `by_type` counts them, `named` are the first of them."""

    def __init__(self, store: Reconciliation, twilio: Fetcher, *, settle: float, dry: bool) -> None:
        """`settle` in seconds; a `dry` one appends nothing."""
        self._store, self._twilio, self._settle, self._dry = store, twilio, settle, dry
        self._since, self._horizon = store.since(), store.horizon()
        self.by_type: Counter[str] = Counter()
        self.named: list[Repair] = []
        self._would_be: set[str] = set()

    def floor(self, known: Known) -> str:
        """Return the time before which a conversation's resources are history."""
        return floor_of(known, self._since, self._horizon)

    def repair(self, shown: Shown) -> dict[str, Compared]:
        """Return by conversation what came of comparing it and repairing it.

        Raises TwilioError and redis.exceptions.RedisError; what was appended is recognised when it is tried again.
        """
        known = self._store.known({one: _asked(resources) for one, resources in shown.items()})
        missing = {one: self._missing(one, resources, known[one]) for one, resources in shown.items()}
        events = [event for found in missing.values() for event in found]
        stored = Counter(self._append(events) if events else ())
        return {one: Compared(ours, ours.sequence + stored[one], len(missing[one])) for one, ours in known.items()}

    def _missing(self, conversation: str, resources: Sequence[Found], known: Known) -> list[Event]:
        whole = [self._whole(conversation, one, known) for one in resources]
        return in_order(whole, known, self.floor(known), int(time.time() * 1000))

    def _whole(self, conversation: str, one: Found, known: Known) -> Found:
        ours = known.versions.get(one.id)
        seen = one.creation_id in known.creations and one.updated_at is not None and ours is not None
        return one if seen and (one.updated_at or "") <= (ours or "") else self._twilio.whole(conversation, one)

    def _append(self, events: Sequence[Event]) -> list[str]:
        """Return the conversation of each event that was stored."""
        stored = self._would(events) if self._dry else self._new(events)
        self.by_type.update(told_as(event) for event in stored)
        room = MOST_REPAIRS - len(self.named)
        self.named += [_named(event) for event in stored[:room]]
        return [event.conversation_id or "" for event in stored]

    def _would(self, events: Sequence[Event]) -> list[Event]:
        """Return those that were not met before: the look shows once more what the list has shown."""
        found = [event for event in events if event.id not in self._would_be]
        self._would_be.update(event.id for event in found)
        return found

    def _new(self, events: Sequence[Event]) -> list[Event]:
        time.sleep(self._settle)
        answers = self._store.append(events)
        stored = [event for event, answer in zip(events, answers, strict=True) if answer.outcome == "stored"]
        self._store.count(Counter(REPAIRED + told_as(event) for event in stored))
        return stored


def _asked(resources: Sequence[Found]) -> tuple[list[str], list[str]]:
    return [one.id for one in resources], [one.creation_id for one in resources]


def _named(event: Event) -> Repair:
    return Repair(told_as(event), event.conversation_id, event.resource_id, event.timestamp, event.id)
