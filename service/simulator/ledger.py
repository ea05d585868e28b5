"""PURE. What really happened: each callback's fate and each call's outcome, to compare with what a service reports."""

from collections import Counter, deque
from collections.abc import Mapping
from typing import Literal

import msgspec

from service.simulator.world.bounded import MOST, trim
from service.simulator.world.callback import Callback

Fate = Literal["pending", "taken", "lost", "refused", "unanswered"]
"""`lost`: never sent; `refused`: each attempt was answered, none with 2xx; `unanswered`: it may have been stored."""


class Sent(msgspec.Struct, rename="camel"):
    """A callback's record; `attempts` are the answers in their order, those of repeats in `repeats`."""

    number: int
    kind: str
    resource_id: str
    conversation_id: str | None
    updated_at: str | None
    fate: Fate = "pending"
    held_back: bool = False
    attempts: list[str] = []
    repeats: list[str] = []


class Closing(msgspec.Struct, frozen=True, rename="camel"):
    """A conversation was closed: by whom, how many communications it had, and how many of them the last list showed."""

    conversation_id: str
    by: str
    communications: int
    listed: int


class Ledger:
    """Counts all, and remembers the newest one by one."""

    def __init__(self) -> None:
        self.sent: deque[Sent] = deque(maxlen=MOST)
        self.fates: Counter[Fate] = Counter()
        self.kinds: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.patches: dict[str, list[str]] = {}
        self.closings: deque[Closing] = deque(maxlen=MOST)
        self.listed: dict[str, int] = {}
        self.repeated = self.held_back = self.attempts = 0
        self._made: Counter[tuple[str, str]] = Counter()

    def callback(self, callback: Callback) -> Sent:
        """Begin the record of a callback."""
        record = Sent(
            callback.number, callback.kind, callback.resource_id, callback.conversation_id, callback.updated_at
        )
        self.sent.append(record)
        self.kinds[callback.kind] += 1
        self.fates["pending"] += 1
        return record

    def decide(self, record: Sent, fate: Fate) -> None:
        """Note what became of a callback."""
        self.fates[record.fate] -= 1
        self.fates[fate] += 1
        record.fate = fate

    def arrived(self, method: str, path: str) -> int:
        """Count a call, and return how often it was made before."""
        self._made[method, path] += 1
        trim(self._made)
        return self._made[method, path] - 1

    def answered(self, method: str, api: str, path: str, names: Mapping[str, str], outcome: str) -> None:
        """Note a call's outcome: its status, or the fault that it met. `path` is the route's, with names in braces."""
        self.calls[f"{method} {path} {outcome}"] += 1
        if method == "PATCH" and api == "conversations" and path.endswith("{conversation}"):
            self.patches.setdefault(names["conversation"], []).append(outcome)
            trim(self.patches)


def fate_of(attempts: list[str]) -> Fate:
    """Return what became of a callback, from the answers to its attempts; one without answer names an exception."""
    if any(each.startswith("2") for each in attempts):
        return "taken"
    return "refused" if all(each[:1].isdigit() for each in attempts) else "unanswered"
