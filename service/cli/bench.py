"""`bench`: what is asked of this service, measured on this machine beside bare Starlette and a hand-written peer."""

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from service.bench.figures import KINDS, PARTS, Kind, Only
from service.bench.measurements import Size
from service.bench.process import FailedError, interruptible
from service.bench.run import Report, Step, run
from service.bench.table import caption, table
from service.cli.failures import FAILED

EXAMPLE = "Example: conversation-events bench --events 2000 --rounds 1 --only receiving"


def bench(  # noqa: PLR0913 - each is an option of the command
    *,
    events: Annotated[int, typer.Option(min=1, help="Events of a measurement.")] = 20_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the median is told.")] = 3,
    conversations: Annotated[int, typer.Option(min=1, help="Conversations that the events belong to.")] = 500,
    subscribers: Annotated[int, typer.Option(min=1, help="Endpoints that get every event.")] = 3,
    connections: Annotated[int, typer.Option(min=1, help="Connections that callbacks come over.")] = 32,
    peer: Annotated[
        bool, typer.Option("--peer/--no-peer", help="Measure Express + BullMQ too: needs Node, and npm once.")
    ] = True,
    only: Annotated[Only | None, typer.Option(help="Measure this part alone.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures of every round as JSON.")] = False,
) -> None:
    """Measure this machine: what is received, delivered and lost, beside bare Starlette and a hand-written peer.

    Takes minutes. The data lie in TMPDIR, so that names the disk. Exits with 1 when something that is asked is not met.
    """
    kinds = tuple(kind for kind in (PARTS[only] if only else KINDS) if peer or kind != "peer")
    report = _measured(Size(events, conversations, subscribers, connections), rounds, kinds)
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report)).decode() + "\n")
    else:
        console = Console()
        console.print(table(report))
        console.print(caption(report), highlight=False)
    if not report.met:
        raise typer.Exit(FAILED)


def _measured(size: Size, rounds: int, kinds: tuple[Kind, ...]) -> Report:
    try:
        with interruptible() as interruption, _progress() as progress:
            task = progress.add_task("")

            def tell(step: Step) -> None:
                progress.update(task, description=step.what, completed=step.done, total=step.of)

            return run(size, rounds, kinds, interruption, tell)
    except FailedError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from None


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    # On standard error: what is printed as JSON stays JSON.
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, refresh_per_second=2, disable=not console.is_terminal)
