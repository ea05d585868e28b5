"""PURE. Where everything in a TOML file stands: tomllib says what a file holds, and not in which line.

Only text that tomllib has accepted is walked through, so nothing is checked here once more.
"""

import re
import tomllib
from bisect import bisect_left

Path = tuple[str | int, ...]

_BLANKS = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_TEXTS = (
    r'"""(?:[^\\]|\\.)*?""""{0,2}',  # two quotes more may end what is inside
    r"'''.*?''''{0,2}",
    r'"(?:[^"\\\n]|\\.)*"',
    r"'[^'\n]*'",
)
_TEXT = re.compile("|".join(_TEXTS), re.DOTALL)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")


def positions(text: str) -> dict[Path, int]:
    """Return the line of every table, member and element, by its path: `("close", 0, "keywords", 1)`.

    `text` must be TOML that tomllib accepts; lines count from 1.
    """
    walk = _Walk(text)
    walk.document()
    return walk.lines


class _Walk:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._elements: dict[Path, int] = {}
        self.lines: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        while self._peek():
            if self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)

    def _peek(self) -> str:
        """Return the next character that counts, "" at the end."""
        found = _BLANKS.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at : self._at + 1]

    def _line(self) -> int:
        return bisect_left(self._ends, self._at) + 1

    def _header(self) -> Path:
        line = self._line()
        brackets = 2 if self._text.startswith("[[", self._at) else 1
        self._at += brackets
        *above, last = self._key()
        self._peek()
        self._at += brackets
        path = self._newest(tuple(above), line)
        path = (*path, last)
        if brackets == 1:
            self.lines[path] = line
            return path
        self.lines.setdefault(path, line)
        number = self._elements[path] = self._elements.get(path, -1) + 1
        self.lines[*path, number] = line
        return (*path, number)

    def _newest(self, keys: tuple[str, ...], line: int) -> Path:
        """Return the path of a table that a header names on its way: of an array of tables, the newest is meant."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            self.lines.setdefault(path, line)
            if path in self._elements:
                path = (*path, self._elements[path])
        return path

    def _key(self) -> tuple[str, ...]:
        keys = [self._simple_key()]
        while self._peek() == ".":
            self._at += 1
            keys.append(self._simple_key())
        return tuple(keys)

    def _simple_key(self) -> str:
        quoted = self._peek() in "\"'"
        found = (_TEXT if quoted else _BARE_KEY).match(self._text, self._at)
        key = found[0] if found else ""
        self._at += len(key)
        return str(tomllib.loads(f"key = {key}")["key"]) if quoted else key

    def _pair(self, table: Path) -> None:
        line, path = self._line(), table
        for key in self._key():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self._peek()
        self._at += len("=")
        self._value(path)

    def _value(self, path: Path) -> None:
        opening = self._peek()
        if opening == "[":
            self._inside("]", path)
        elif opening == "{":
            self._inside("}", path)
        else:
            found = (_TEXT if opening in "\"'" else _SCALAR).match(self._text, self._at)
            self._at = found.end() if found else len(self._text)

    def _inside(self, closing: str, path: Path) -> None:
        self._at += 1
        number = 0
        while (found := self._peek()) not in {closing, ""}:
            if found == ",":
                self._at += 1
                number += 1
            elif closing == "}":
                self._pair(path)
            else:
                self.lines[*path, number] = self._line()
                self._value((*path, number))
        self._at += 1
