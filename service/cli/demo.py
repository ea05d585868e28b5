"""`demo`: the whole loop with a simulated Twilio and a sample subscriber, and whether all of it adds up."""

import asyncio
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from service import logs
from service.cli.data_dir import held
from service.cli.demonstration import Demonstration, Terms
from service.cli.demonstration_table import result_table
from service.embedded.server import make_private
from service.settings import Settings, load
from service.simulator.faults import InvalidFaultError, parse
from service.simulator.result import Result

EXAMPLE = """Example: conversation-events demo --exit

The same again, for a program: conversation-events demo --exit --json --seed 7 --conversations 40"""


def demo(  # noqa: PLR0913 - each is an option of the command
    *,
    end: Annotated[bool, typer.Option("--exit", help="End with the table; status 1 if something is amiss.")] = False,
    seed: Annotated[str | None, typer.Option(help="The same seed tells the same stories.")] = None,
    conversations: Annotated[int, typer.Option(min=1, max=4000, help="Stories to tell.")] = 24,
    rate: Annotated[float, typer.Option(min=0.1, help="Stories that begin in a second.")] = 2.0,
    speed: Annotated[float, typer.Option(min=0.1, help="How many times as fast as life.")] = 60.0,
    lose: Annotated[float, typer.Option(min=0, max=1, help="Share of callbacks that are never sent.")] = 0.05,
    fault: Annotated[list[str] | None, typer.Option(help="NAME=SHARE of all REST calls; see `simulate`.")] = None,
    patience: Annotated[float, typer.Option(min=1, help="Seconds for the work that is left when all is told.")] = 45.0,
    data_dir: Annotated[Path | None, typer.Option(help="Where everything is kept.", show_default="removed")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result as a JSON object.")] = False,
) -> None:
    """Show the whole loop: Twilio is simulated, callbacks get lost and calls fail, and the account has to add up.

    Conversations are received, delivered to a sample subscriber that verifies each one, observed, and closed by rules;
    what was lost is found by reconciliation. At the end stands a table. Without --exit it stays for you to look around.
    """
    terms = Terms(
        seed=seed or secrets.token_hex(4), conversations=conversations, rate=rate, speed=speed, lose=lose,
        faults=_faults(fault), hold=1.0, patience=patience, stay=not end,
    )  # fmt: skip
    console = Console(stderr=True, highlight=False)

    def show(result: Result) -> None:
        _show(result, as_json=as_json)

    with _settings(data_dir) as settings, held(settings.data_dir) as hold:
        logs.set_up(settings.log_format, settings.log_level, "demo")
        result = asyncio.run(Demonstration(settings, hold, terms, console, show).run())
    if result is None or (end and result.mistakes):
        raise typer.Exit(1)


def _faults(given: list[str] | None) -> dict[str, float] | None:
    try:
        return {str(name): share for name, share in parse(given).items()} if given else None
    except InvalidFaultError as error:
        raise typer.BadParameter(str(error)) from None


@contextmanager
def _settings(data_dir: Path | None) -> Iterator[Settings]:
    """Yield the settings of a demonstration: an embedded Redis in a folder that is removed, unless one is given."""
    if data_dir is not None:
        found = _quiet(load((), data_dir=data_dir, redis_url=None))
        make_private(found.data_dir)
        yield found
        return
    with tempfile.TemporaryDirectory(prefix="ce-demo-") as name:
        yield _quiet(load((), data_dir=Path(name), redis_url=None))


def _quiet(settings: Settings) -> Settings:
    # What is shown is the table; whoever wants to read the log asks for it by LOG_LEVEL.
    return settings if "log_level" in settings.model_fields_set else settings.model_copy(update={"log_level": "error"})


def _show(result: Result, *, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.encode(result).decode())
    else:
        Console(file=sys.stdout, highlight=False).print(result_table(result))
        for mistake in result.mistakes:
            typer.echo(f"amiss: {mistake}")
        typer.echo("Everything adds up." if not result.mistakes else "Something does not add up.")
