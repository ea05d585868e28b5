"""PURE. `[[observe]]`: what is written into Conversation Memory."""

import re
from collections.abc import Sequence

import msgspec

from service.rules import choices, templates
from service.rules.members import LONGEST_NAME, Members, unique_names
from service.rules.naming import quoted
from service.rules.reading import Mistake, Table
from service.rules.vocabulary import CLOSED, COMMUNICATION, OBSERVE_WHEN, RESULT

SOURCE = "conversation-events"
FIELDS = {
    COMMUNICATION: ("text", "channel", "at"),
    CLOSED: ("channels", "communications", "from_customer", "duration", "participants", "started", "at"),
    RESULT: ("operator", "result", "channels", "at"),
}
"""Fields that a template may name, by event."""
TEMPLATES = {
    COMMUNICATION: "{text}",
    CLOSED: "{channels}: {communications} communications in {duration}, with {participants}.",
    RESULT: "{operator}: {result}",
}
"""Templates of rules that have none."""
LONGEST_TEMPLATE = 4096
"""Characters; what an observation holds (Twilio: Memory API, Observations)."""

EXAMPLES = {
    "when": 'when = "communication.created"',
    "name": 'name = "what customers say"',
    "template": 'template = "By {channel}: {text}"',
    "source": f'source = "{SOURCE}"',
    "channels": 'channels = ["SMS", "WHATSAPP"]',
    "configurations": 'configurations = ["conv_configuration_01ka8d8whphhjvepq5nse1m5s1"]',
    "operators": 'operators = ["Summary"]',
}
"""A right line for each member."""
# Of what Twilio's two descriptions allow, the set that both have.
_SOURCE = re.compile(r"[A-Za-z0-9 _.-]{1,100}")


class ObserveRule(msgspec.Struct, frozen=True, kw_only=True):
    """Write an observation when the event `when` comes: `template` with its fields filled, under the name `source`.

    Empty `channels`, `configurations` and `operators` mean any.
    """

    when: str
    name: str
    template: str
    source: str = SOURCE
    channels: tuple[str, ...] = ()
    configurations: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()


def read(tables: Sequence[Table]) -> tuple[tuple[ObserveRule, ...], list[Mistake]]:
    """Return the rules of the `[[observe]]` tables, and what is wrong with them."""
    rules, mistakes = [], []
    for table in tables:
        members = Members(table, EXAMPLES)
        rules.append(_rule(members))
        mistakes += members.mistakes
    named = [(rule.name, table) for rule, table in zip(rules, tables, strict=True) if rule.name]
    return tuple(rules), [*mistakes, *unique_names(named)]


def _rule(members: Members) -> ObserveRule:
    when = _event(members)
    if when not in {RESULT, ""} and "operators" in members:
        text = f"goes with when = {quoted(RESULT)} only: {quoted(when)} is no result of an operator"
        members.wrong("operators", text)
    return ObserveRule(
        when=when,
        name=members.text("name", LONGEST_NAME) or when,
        template=_template(members, when),
        source=_source(members),
        channels=choices.channels(members),
        configurations=members.texts("configurations"),
        operators=members.texts("operators"),
    )


def _event(members: Members) -> str:
    """Return the event, "" where it could not be read: the fields of a template are those of one event."""
    found = choices.events(members, OBSERVE_WHEN, {})
    if len(found) > 1:
        members.wrong("when", "names several events, and each has fields of its own; write a rule for each")
    return found[0] if len(found) == 1 else ""


def _template(members: Members, when: str) -> str:
    template = members.text("template", LONGEST_TEMPLATE)
    if template is None or not when:
        return TEMPLATES.get(when, "")
    for refusal in templates.refused(template, FIELDS[when]):
        members.wrong("template", refusal, example=f'template = "{TEMPLATES[when]}"')
    return template


def _source(members: Members) -> str:
    source = members.text("source")
    if source is None:
        return SOURCE
    if not _SOURCE.fullmatch(source):
        members.wrong("source", "must be 1 to 100 letters, digits, blanks and _ . -")
    return source
