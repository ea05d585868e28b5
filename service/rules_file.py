"""RULES_FILE: reads it, and says what is wrong with it before anything starts."""

from pathlib import Path

from service.rules.parsing import parse
from service.rules.reading import InvalidRulesError, Mistake
from service.rules.rules import Rules

LARGEST = 1024 * 1024
"""Bytes; who writes rules by hand stays far below."""


def read(path: Path | None) -> Rules:
    """Return the rules of a file, or those without a file: nothing is closed, observed or answered.

    Raises InvalidRulesError that names every mistake, also where the file cannot be read.
    """
    return Rules() if path is None else parse(_text(path))


def mistakes(path: Path) -> tuple[str, ...]:
    """Return every mistake in a file, with its name and the line."""
    try:
        read(path)
    except InvalidRulesError as error:
        return tuple(f"{path}, {mistake}" for mistake in error.mistakes)
    return ()


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise InvalidRulesError((Mistake(1, f"the file cannot be read ({error.strerror})"),)) from None
    if len(content) > LARGEST:
        raise InvalidRulesError((Mistake(1, "the file is larger than 1 MiB; no rules are"),))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidRulesError((Mistake(line, "this is not UTF-8; save the file in that encoding"),)) from None
