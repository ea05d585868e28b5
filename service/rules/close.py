"""PURE. `[[close]]`: when a conversation is closed."""

from collections.abc import Sequence

import msgspec

from service.rules import choices
from service.rules.members import LONGEST_NAME, Members, unique_names
from service.rules.naming import quoted
from service.rules.reading import Mistake, Table
from service.rules.vocabulary import (
    CALL_ENDS,
    CHANNEL_ENDS,
    CLOSE_WHEN,
    CLOSED,
    REMOVED,
    RESULT,
    SIDES,
    WORDED,
)
from service.rules.words import folded

EXAMPLES = {
    "when": 'when = "conversation.inactivated"',
    "name": 'name = "gone quiet"',
    "after": 'after = "10m"',
    "channels": 'channels = ["SMS", "WHATSAPP"]',
    "configurations": 'configurations = ["conv_configuration_01ka8d8whphhjvepq5nse1m5s1"]',
    "unless_other_channels_active": "unless_other_channels_active = true",
    "keywords": 'keywords = ["STOP", "UNSUBSCRIBE"]',
    "participant": 'participant = "customer"',
    "operators": 'operators = ["Resolution"]',
    "labels": 'labels = ["resolved"]',
}
"""A right line for each member."""
_HINTS = {CLOSED: 'a conversation that says "conversation.closed" is closed already'}


class CloseRule(msgspec.Struct, frozen=True, kw_only=True):
    """Close a conversation when one of the events `when` comes.

    `after` is how many seconds later, unless there is new traffic meanwhile. Empty `channels`, `configurations` and
    `operators` mean any. `keywords` are words of a customer's whole message, `labels` results of operators.
    """

    when: tuple[str, ...]
    name: str
    after: int = 0
    channels: tuple[str, ...] = ()
    configurations: tuple[str, ...] = ()
    unless_other_channels_active: bool = False
    keywords: tuple[str, ...] = ()
    participant: str | None = None
    operators: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


def read(tables: Sequence[Table]) -> tuple[tuple[CloseRule, ...], list[Mistake]]:
    """Return the rules of the `[[close]]` tables, and what is wrong with them."""
    rules, mistakes = [], []
    for table in tables:
        members = Members(table, EXAMPLES)
        rules.append(_rule(members))
        _contradictions(members, rules[-1])
        mistakes += members.mistakes
    named = [(rule.name, table) for rule, table in zip(rules, tables, strict=True) if rule.name]
    return tuple(rules), [*mistakes, *unique_names(named)]


def _rule(members: Members) -> CloseRule:
    when = choices.events(members, CLOSE_WHEN, _HINTS)
    unless = members.flag("unless_other_channels_active")
    return CloseRule(
        when=when,
        name=members.text("name", LONGEST_NAME) or ", ".join(when),
        after=members.seconds("after"),
        channels=choices.channels(members),
        configurations=members.texts("configurations"),
        # A channel's end says nothing of the others: a call is over, and its conversation goes on by SMS.
        unless_other_channels_active=any(each in CHANNEL_ENDS for each in when) if unless is None else unless,
        keywords=members.texts("keywords"),
        participant=choices.single(members, "participant", SIDES),
        operators=members.texts("operators"),
        labels=members.texts("labels"),
    )


def _contradictions(members: Members, rule: CloseRule) -> None:
    """Note what cannot be meant together; only of events that could be read."""
    if not rule.when:
        return
    _only_with(members, rule, "keywords", WORDED, "has no words of a person")
    _only_with(members, rule, "participant", (REMOVED,), "is of no participant")
    for name in ("operators", "labels"):
        _only_with(members, rule, name, (RESULT,), "is no result of an operator")
    worded = next((each for each in rule.when if each in WORDED), None)
    if worded and "keywords" not in members:
        members.wrong("keywords", f"is missing: {quoted(worded)} alone would close on whatever a customer says")
    if RESULT in rule.when and "operators" not in members and "labels" not in members:
        members.wrong("labels", f"is missing: {quoted(RESULT)} alone would close on every result")
    if rule.channels and "VOICE" not in rule.channels and all(each in CALL_ENDS for each in rule.when):
        said = "leaves out VOICE, and a call is on no other channel"
        members.wrong("channels", said, example='channels = ["VOICE"]')


def _only_with(members: Members, rule: CloseRule, name: str, events: Sequence[str], why: str) -> None:
    other = next((each for each in rule.when if each not in events), None)
    if name in members and other is not None:
        wanted = " or ".join(map(quoted, events))
        members.wrong(name, f"goes with when = {wanted} only: {quoted(other)} {why}")


def matches(keywords: Sequence[str], text: str) -> bool:
    """Return whether a whole message is one of the keywords."""
    return folded(text) in {folded(each) for each in keywords}
