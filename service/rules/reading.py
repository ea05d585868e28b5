"""PURE. TOML tables with the lines at which they stand, so that a mistake is found where it was made."""

from collections.abc import Mapping
from typing import Any

import msgspec


class Table(msgspec.Struct, frozen=True):
    """One table of the file: its members, the line of its header, and the line of each member (counted from 1).

    What stands inside of a member has a line too: `lines["keywords.1"]` is that of the second of the keywords.
    """

    values: Mapping[str, Any]
    line: int
    lines: Mapping[str, int]

    def at(self, name: str, *inside: str | int) -> int:
        """Return the line of a member, or of what is inside of it; else the nearest line around it that is known."""
        path = (name, *map(str, inside))
        known = (self.lines.get(".".join(path[:depth])) for depth in range(len(path), 0, -1))
        return next((line for line in known if line is not None), self.line)


class Mistake(msgspec.Struct, frozen=True, order=True):
    """What is wrong at a line, in a sentence that ends with an example of what would be right."""

    line: int
    text: str

    def __str__(self) -> str:
        """Return both, as editors and compilers write them."""
        return f"line {self.line}: {self.text}"


class InvalidRulesError(Exception):
    """The rules cannot be read; `mistakes` holds each, in the order of their lines."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes
