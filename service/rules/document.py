"""PURE. A file's text as the tables of its sections, each with its lines."""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

import msgspec

from service.rules.naming import meant, quoted
from service.rules.positions import Path, positions
from service.rules.reading import InvalidRulesError, Mistake, Table

MANY = ("close", "observe", "voice")
"""Sections that may be there any number of times."""
ONCE = ("customers", "transcription")
_EXAMPLE = '[[close]] and below it when = "conversation.inactivated"'
_PLACE = re.compile(r" \(at line (\d+), column \d+\)$")


class Document(msgspec.Struct, frozen=True):
    """The tables of each section, in the order of the file, and what is wrong with how sections are written."""

    sections: Mapping[str, tuple[Table, ...]]
    mistakes: tuple[Mistake, ...]


def document(text: str) -> Document:
    """Return what a file holds. Raises InvalidRulesError where it is not TOML."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        values = tomllib.loads(text)
        lines = positions(text)
    except (ValueError, OverflowError, RecursionError) as error:
        raise InvalidRulesError((_no_toml(error, text),)) from None
    by_table = _by_table(lines)
    sections: dict[str, tuple[Table, ...]] = dict.fromkeys((*MANY, *ONCE), ())
    mistakes = []
    for name, value in values.items():
        wrong = _shape(name, value)
        if wrong:
            mistakes.append(Mistake(lines[(name,)], wrong))
        elif name in ONCE:
            sections[name] = (Table(value, lines[(name,)], by_table.get((name,), {})),)
        else:
            sections[name] = tuple(
                Table(table, lines[name, number], by_table.get((name, number), {}))
                for number, table in enumerate(value)
            )
    return Document(sections, tuple(mistakes))


def _no_toml(error: Exception, text: str) -> Mistake:
    if not isinstance(error, tomllib.TOMLDecodeError):
        said = "this is nested too deeply" if isinstance(error, RecursionError) else "a number here is too long"
        return Mistake(_first_line_with(type(error), text), f"{said}; for example {_EXAMPLE}")
    said = str(error)
    place = _PLACE.search(said)
    line = int(place[1]) if place else text.rstrip("\n").count("\n") + 1
    # What Python says may repeat a part of the file, control characters and all.
    said = "".join(sign for sign in _PLACE.sub("", said) if sign.isprintable())
    return Mistake(line, f"this is not TOML: {said[:200]}; for example {_EXAMPLE}")


def _first_line_with(kind: type[Exception], text: str) -> int:
    """Return the line at which tomllib fails in a way for which it does not name one: it reads from top to bottom."""
    lines = text.split("\n")

    def fails(count: int) -> bool:
        try:
            tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            return False
        except kind:
            return True
        return False

    return bisect_left(range(1, len(lines)), x=True, key=fails) + 1


def _by_table(lines: Mapping[Path, int]) -> dict[Path, dict[str, int]]:
    found: dict[Path, dict[str, int]] = {}
    for path, line in lines.items():
        depth = 2 if path[0] in MANY else 1
        if len(path) > depth:
            found.setdefault(path[:depth], {})[".".join(map(str, path[depth:]))] = line
    return found


def _shape(name: str, value: Any) -> str | None:  # noqa: ANN401 - whatever TOML can hold
    if name not in (*MANY, *ONCE):
        known = ", ".join([f"[[{each}]]" for each in MANY] + [f"[{each}]" for each in ONCE])
        found = meant(name, (*MANY, *ONCE))
        hint = f"did you mean {_header(found)}?" if found else f"there are {known}"
        return f"there is no section {quoted(name)}: {hint}; for example {_EXAMPLE}"
    if name in ONCE and not isinstance(value, dict):
        return f"{name} is there once, and must be written with one bracket; for example [{name}]"
    tables = isinstance(value, list) and all(isinstance(table, dict) for table in value)
    if name in MANY and not tables:
        return f"{name} may be there many times, and must be written with two brackets; for example [[{name}]]"
    return None


def _header(name: str) -> str:
    return f"[[{name}]]" if name in MANY else f"[{name}]"
