"""PURE. All rules of a file, found by the event that they wait for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from service.rules.close import CloseRule
from service.rules.customers import Customers
from service.rules.observe import ObserveRule
from service.rules.transcription import Transcription
from service.rules.voice import Voice

Rule = CloseRule | ObserveRule


@dataclass(frozen=True)
class Rules:
    """The rules, each kind in the order of the file. Without a file: nothing is closed, observed or answered."""

    close: tuple[CloseRule, ...] = ()
    observe: tuple[ObserveRule, ...] = ()
    customers: Customers = field(default_factory=Customers)
    transcription: Transcription = field(default_factory=Transcription)
    voice: tuple[Voice, ...] = ()

    @cached_property
    def by_event(self) -> Mapping[str, tuple[Rule, ...]]:
        """The rules that wait for an event, by its type: what no rule waits for costs one look-up."""
        found: dict[str, list[Rule]] = {}
        for close in self.close:
            for when in close.when:
                found.setdefault(when, []).append(close)
        for observe in self.observe:
            found.setdefault(observe.when, []).append(observe)
        return {when: tuple(rules) for when, rules in found.items()}
