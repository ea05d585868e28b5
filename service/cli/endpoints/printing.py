"""What the commands print: data on standard output, sentences on standard error."""

import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from service.cli.failures import FAILED
from service.endpoints.shown import Shown


def table(found: Sequence[Shown]) -> Table:
    """Return endpoints as a table."""
    grid = Table()
    grid.add_column("id", no_wrap=True)
    for name in ("name", "url", "types", "state"):
        grid.add_column(name, overflow="fold")
    grid.add_column("missed", justify="right")
    grid.add_column("description", overflow="fold")
    for one in found:
        texts = (one.id, one.name, one.url, ", ".join(one.types), _state(one), str(one.missed), one.description)
        # As Text: a bracket in what people wrote is no markup.
        grid.add_row(*map(Text, texts))
    return grid


def _state(one: Shown) -> str:
    return f"{one.state} ({one.disabled_reason})" if one.disabled_reason else one.state


def print_fields(one: msgspec.Struct, *, as_json: bool) -> None:
    """Print a struct as JSON, or as a line for each member that says something."""
    if as_json:
        print_json(one)
        return
    for name, value in msgspec.structs.asdict(one).items():
        if shown := text(value):
            typer.echo(f"{name:<16} {shown}")


def text(value: object) -> str:
    """Return a value as people read it, "" for nothing."""
    if value is None or isinstance(value, bool):
        return "" if value is None else "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {each}" for name, each in value.items())
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def print_json(value: object) -> None:
    """Print a value as JSON."""
    typer.echo(msgspec.json.encode(value))


def say(sentence: str) -> None:
    """Print a sentence."""
    typer.echo(sentence, err=True)


def fail(status: int, *sentences: str) -> NoReturn:
    """Print sentences and end with an exit status."""
    for sentence in sentences:
        say(sentence)
    raise typer.Exit(status)


def confirm(question: str) -> None:
    """Ask at the terminal, and end with status 1 for any answer but yes.

    click's own question would leave a blank on standard output, where data goes.
    """
    typer.echo(f"{question} [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        fail(FAILED, "Nothing was done.")


def absent(endpoint_id: str) -> str:
    """Return the sentence for an endpoint that there is none of."""
    return f"There is no endpoint {endpoint_id}; conversation-events endpoints list shows those that there are."
