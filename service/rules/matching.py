"""PURE. From an event to what rules ask for. What only Twilio or the conversation's state can answer goes with it."""

from collections.abc import Iterable

import msgspec

from service.events.event import StoredEvent
from service.events.times import fixed_width, from_milliseconds
from service.rules import facts
from service.rules.asked import Asked, Author, CloseArguments, Gathered, ObserveArguments
from service.rules.close import CloseRule, matches
from service.rules.customers import Customers
from service.rules.facts import Facts
from service.rules.observe import ObserveRule
from service.rules.rules import Rule, Rules
from service.rules.vocabulary import COMMUNICATION, RESULT

REPAIR_AGE = 15 * 60 * 1000
"""Milliseconds after which what reconciliation found is told to subscribers only."""

Unmatched = str
"""Why a rule asks for nothing, in words."""


def follow(rules: Rules, event: StoredEvent, name: str, now_ms: int) -> tuple[Asked, ...]:
    """Return what the rules ask for after an event of the type `name`; `now_ms` is milliseconds since 1970.

    Each rule that matches asks for itself, in the order of the file: what its job finds out may still speak against it.
    """
    waiting = rules.by_event.get(name)
    if waiting is None or barred(rules, event, now_ms) is not None:
        return ()
    told = facts.facts(event, name)
    found = (judged(rule, event, name, told, rules.customers) for rule in waiting)
    return tuple(each for each in found if isinstance(each, Asked))


def barred(rules: Rules, event: StoredEvent, now_ms: int) -> str | None:
    """Return why no rule at all looks at an event, None where rules do."""
    if event.conversation_id is None:
        return "it belongs to no conversation that is known"
    if event.late:
        return "it is late: a newer state had overtaken it"
    if not rules.transcription.forwards(event):
        return "its words come from the other source too, and that is the one that is forwarded"
    if event.source == "reconciliation" and _older(event, now_ms - REPAIR_AGE):
        return "reconciliation found it, and it is older than 15 minutes"
    return None


def _older(event: StoredEvent, than_ms: int) -> bool:
    at = fixed_width(event.timestamp)
    # What has no time might be of any age.
    return at is None or at < (fixed_width(from_milliseconds(max(than_ms, 0))) or "")


def judged(rule: Rule, event: StoredEvent, name: str, told: Facts, customers: Customers) -> Asked | Unmatched:
    """Return what a rule that waits for this event asks for, or why it does not."""
    refusal = _elsewhere(rule, told)
    if refusal is not None:
        return refusal
    if isinstance(rule, CloseRule):
        return _close(rule, event, name, told, customers)
    return _gather(rule, event, told, customers) if name == COMMUNICATION else _observe(rule, name, told)


def _elsewhere(rule: Rule, told: Facts) -> Unmatched | None:
    if rule.channels and told.channels and not set(rule.channels) & set(told.channels):
        return f"it is on {_any(told.channels)}, and the rule is for {_any(rule.channels)}"
    if rule.configurations and told.configuration and told.configuration not in rule.configurations:
        return f"its configuration is {told.configuration}, and the rule is for {_any(rule.configurations)}"
    return None


def _any(names: Iterable[str]) -> str:
    return " or ".join(names)


def _close(rule: CloseRule, event: StoredEvent, name: str, told: Facts, customers: Customers) -> Asked | Unmatched:
    refusal = _unsaid(rule, event, name, told, customers)
    if refusal is not None:
        return refusal
    doubtful = name == COMMUNICATION
    arguments = CloseArguments(
        channels=() if told.channels else rule.channels,
        configurations=() if told.configuration else rule.configurations,
        unless_other_channels_active=rule.unless_other_channels_active,
        channel=told.channels[0] if len(told.channels) == 1 else None,
        channel_id=told.channel_id,
        author=_author(told, customers) if doubtful else None,
    )
    return Asked("close", rule.name, rule.after, msgspec.to_builtins(arguments))


def _unsaid(rule: CloseRule, event: StoredEvent, name: str, told: Facts, customers: Customers) -> Unmatched | None:
    if rule.keywords:
        if customers.side(told.address, None) == "business":
            return "its author is the business, and keywords count from customers only"
        return None if matches(rule.keywords, facts.words(event)) else "its text is none of the keywords"
    if told.leg_of is not None:
        return f"it is a leg that the call {told.leg_of} dialled, and that call goes on"
    if rule.participant:
        side = customers.side(told.address, told.kind)
        return None if side == rule.participant else f"who left is on the side: {side}"
    if name == RESULT and not any(one.by(rule.operators) and one.says(rule.labels) for one in told.results):
        return "no result in it is of an operator and with a label that the rule names"
    return None


def _gather(rule: ObserveRule, event: StoredEvent, told: Facts, customers: Customers) -> Asked | Unmatched:
    if customers.side(told.address, None) == "business":
        return "its author is the business, and only customers are observed"
    gathered = Gathered(
        event_id=event.id,
        conversation_id=event.conversation_id or "",
        occurred_at=told.occurred_at or event.timestamp,
        template=rule.template,
        source=rule.source,
        author=_author(told, customers),
        communication_id=told.resource,
        channel=told.channels[0] if told.channels else None,
        configurations=rule.configurations,
    )
    return Asked("gather", rule.name, 0, msgspec.to_builtins(gathered))


def _observe(rule: ObserveRule, name: str, told: Facts) -> Asked | Unmatched:
    wanted = tuple(number for number, one in enumerate(told.results) if one.by(rule.operators))
    if name == RESULT and not wanted:
        return "no result in it is of an operator that the rule names"
    arguments = ObserveArguments(
        when=name,
        template=rule.template,
        source=rule.source,
        channels=() if told.channels else rule.channels,
        configurations=() if told.configuration else rule.configurations,
        results=wanted,
    )
    return Asked("observe", rule.name, 0, msgspec.to_builtins(arguments))


def _author(told: Facts, customers: Customers) -> Author:
    return Author(customers.types, told.participant_id, told.address)
