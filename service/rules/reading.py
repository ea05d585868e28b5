"""PURE. TOML tables with the lines at which they stand, so that a mistake is found where it was made."""

from typing import Any

import msgspec


class Table(msgspec.Struct, frozen=True):
    """One table of the file: its members, the line of its header, and the line of each member (counted from 1)."""

    values: dict[str, Any]
    line: int
    lines: dict[str, int]

    def at(self, name: str) -> int:
        """Return the line of a member, else that of the table."""
        return self.lines.get(name, self.line)


class Mistake(msgspec.Struct, frozen=True, order=True):
    """What is wrong at a line, in a sentence that ends with an example of what would be right."""

    line: int
    text: str

    def __str__(self) -> str:
        """Return both, as editors and compilers write them."""
        return f"line {self.line}: {self.text}"
