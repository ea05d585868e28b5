"""PURE. The vocabulary of RULES_FILE: what follows from an event besides its delivery. Without a file, nothing does.

The file is TOML::

    [[close]]
    when = "conversation.inactivated"
"""

import tomllib
from typing import Any

import msgspec

CLOSE_WHEN = ("conversation.inactivated",)
"""Event types after which a conversation may be closed."""

_EXAMPLE = f'[[close]]\nwhen = "{CLOSE_WHEN[0]}"'


class InvalidRulesError(Exception):
    """The rules cannot be read; `mistakes` holds a sentence for each, with an example of a right value."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class CloseRule(msgspec.Struct, frozen=True):
    """Close a conversation when an event of the type `when` comes."""

    when: str

    @property
    def name(self) -> str:
        """What logs and job descriptions call the rule."""
        return self.when


class Rules(msgspec.Struct, frozen=True):
    """All rules, in the order of the file."""

    close: tuple[CloseRule, ...] = ()

    def close_rule(self, event_type: str) -> CloseRule | None:
        """Return the first close rule that an event of this type matches, or None."""
        return next((rule for rule in self.close if rule.when == event_type), None)


def parse_rules(text: str) -> Rules:
    """Return the rules of a RULES_FILE. Raises InvalidRulesError that names every mistake at once."""
    try:
        file = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRulesError((f"this is not TOML: {error}; for example\n{_EXAMPLE}",)) from None
    mistakes = [f"{name}: no such kind of rule; for example\n{_EXAMPLE}" for name in file if name != "close"]
    tables = file.get("close", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        mistakes.append(f"close: must be written as a list of tables; for example\n{_EXAMPLE}")
        tables = []
    for number, table in enumerate(tables, start=1):
        mistakes += _close_mistakes(table, f"close rule {number}")
    if mistakes:
        raise InvalidRulesError(tuple(mistakes))
    return Rules(close=tuple(dict.fromkeys(CloseRule(when=table["when"]) for table in tables)))


def _close_mistakes(table: dict[str, Any], where: str) -> list[str]:
    found = [f'{where}: there is no "{name}"; for example when = "{CLOSE_WHEN[0]}"' for name in table if name != "when"]
    if "when" not in table:
        found.append(f'{where}: "when" is missing; for example when = "{CLOSE_WHEN[0]}"')
    elif table["when"] not in CLOSE_WHEN:
        allowed = " or ".join(f'"{name}"' for name in CLOSE_WHEN)
        found.append(f"{where}: when = {table['when']!r} is unknown; for example when = {allowed}")
    return found
