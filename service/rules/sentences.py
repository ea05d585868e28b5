"""PURE. Rules in sentences, as `rules check` and `rules show` tell them."""

from collections.abc import Iterable

from service.rules.close import CloseRule
from service.rules.durations import spoken
from service.rules.naming import quoted
from service.rules.observe import ObserveRule
from service.rules.rules import Rules

_FORWARDED = {
    "orchestrator": "What the Orchestrator captured is forwarded",
    "transcription": "What Real-Time Transcription heard is forwarded",
    "both": "Both are forwarded",
}


def sentences(rules: Rules) -> list[str]:
    """Return what the rules do, a sentence for each."""
    closes = [_closes(rule) for rule in rules.close] or ["Nothing is closed by a rule."]
    observes = [_observes(rule) for rule in rules.observe] or ["Nothing is observed."]
    count = len(rules.voice)
    answers = [f"Calls are answered by {count} [[voice]] table{'s' if count > 1 else ''}."] if count else []
    return [*closes, *observes, *answers, _customers(rules), _transcription(rules)]


def _closes(rule: CloseRule) -> str:
    delay = f" {spoken(rule.after)} later, unless there is new traffic meanwhile" if rule.after else " at once"
    words = f" that is {_either(rule.keywords)} and a customer's" if rule.keywords else ""
    who = f" of a participant on the side: {rule.participant}" if rule.participant else ""
    alone = "; not while another channel is active" if rule.unless_other_channels_active else ""
    return (
        f"Close {quoted(rule.name)}: on {_either(rule.when)}{words}{who}{_results(rule)}, the conversation is closed"
        f"{delay}{alone}{_where(rule)}."
    )


def _observes(rule: ObserveRule) -> str:
    which = " of customers" if rule.when == "communication.created" else ""
    return (
        f"Observe {quoted(rule.name)}: each {rule.when}{which}{_results(rule)} is written to memory as"
        f" {quoted(rule.template)} by {quoted(rule.source)}{_where(rule)}."
    )


def _results(rule: CloseRule | ObserveRule) -> str:
    operators = f" of the operator {_either(rule.operators)}" if rule.operators else ""
    labels = f" with the label {_either(rule.labels)}" if isinstance(rule, CloseRule) and rule.labels else ""
    return operators + labels


def _where(rule: CloseRule | ObserveRule) -> str:
    channels = f"; only on {_either(rule.channels)}" if rule.channels else ""
    configurations = f"; only with the configuration {_either(rule.configurations)}" if rule.configurations else ""
    return channels + configurations


def _customers(rules: Rules) -> str:
    count = len(rules.customers.business_addresses)
    own = f"{count} address{'es' if count > 1 else ''} of the business; else " if count else ""
    return f"Who is customer: {own}participants of the type {_either(rules.customers.types)}."


def _transcription(rules: Rules) -> str:
    forward = rules.transcription.forward
    return f"Where a call's words come from two sources: {_FORWARDED[forward][0].lower()}{_FORWARDED[forward][1:]}."


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)
