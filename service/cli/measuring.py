"""Measuring for a command: with progress on a terminal, and the report as a table or as JSON."""

import sys
from collections.abc import Callable

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from service.bench.process import FailedError, Interruption, interruptible
from service.bench.run import Report, Step, Tell
from service.bench.table import caption, table
from service.cli.failures import FAILED


def measure(measured: Callable[[Interruption, Tell], Report], *, as_json: bool) -> None:
    """Print the report that `measured` returns. Raises typer.Exit with 1 where something that is asked is not met."""
    report = _report(measured)
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report)).decode() + "\n")
    else:
        console = Console()
        console.print(table(report))
        console.print(caption(report), highlight=False)
    if not report.met:
        raise typer.Exit(FAILED)


def _report(measured: Callable[[Interruption, Tell], Report]) -> Report:
    try:
        with interruptible() as interruption, _progress() as progress:
            task = progress.add_task("")

            def tell(step: Step) -> None:
                progress.update(task, description=step.what, completed=step.done, total=step.of)

            return measured(interruption, tell)
    except FailedError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from None


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    # On standard error: what is printed as JSON stays JSON.
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, refresh_per_second=2, disable=not console.is_terminal)
