"""Files that the `rules` commands are given, and the rules as they print them."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from service.cli.endpoints.printing import fail, print_json
from service.cli.failures import FAILED
from service.cli.timeline import printable
from service.rules.reading import InvalidRulesError
from service.rules.rules import Rules
from service.rules.sentences import sentences
from service.rules_file import read

LONGEST_SENTENCE = 2000
"""Characters of a sentence: its end says what would be right, or what a rule does."""
RulesFile = Annotated[Path, typer.Argument(metavar="FILE", help="The rules, TOML.", show_default=False)]


def rules_or_fail(file: Path, *, as_json: bool) -> Rules:
    """Return the rules of a file. Ends the command with every mistake and its line, and status 1."""
    try:
        return read(file)
    except InvalidRulesError as error:
        if as_json:
            print_json({"ok": False, "mistakes": error.mistakes})
        fail(FAILED, *(printable(f"{file}, {mistake}", LONGEST_SENTENCE) for mistake in error.mistakes))


def as_json_object(rules: Rules) -> dict[str, Any]:
    """Return rules in the words of their file."""
    return {
        "close": msgspec.to_builtins(rules.close),
        "observe": msgspec.to_builtins(rules.observe),
        "customers": msgspec.to_builtins(rules.customers),
        "transcription": msgspec.to_builtins(rules.transcription),
        "voice": msgspec.to_builtins(rules.voice),
    }


def print_rules(rules: Rules) -> None:
    """Print what rules do, a sentence for each."""
    for sentence in sentences(rules):
        typer.echo(printable(sentence, LONGEST_SENTENCE))
