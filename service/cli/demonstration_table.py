"""What a demonstration has come to, as a table."""

from collections.abc import Mapping

from rich.table import Table

from service.simulator.result import Result


def result_table(result: Result) -> Table:
    """Return the table."""
    grid = Table(title=f"What happened in {result.seconds:g} s (seed {result.seed})", title_justify="left")
    grid.add_column("")
    grid.add_column("", justify="right")
    grid.add_column("")
    for name, number, more in _rows(result):
        grid.add_row(name, f"{number:,}", more)
    return grid


def _rows(result: Result) -> list[tuple[str, int, str]]:
    return [
        ("conversations", result.conversations, ""),
        ("callbacks", result.callbacks, f"{result.lost:,} of them never sent, on purpose"),
        ("events received", result.received, "with repairs, each stored once"),
        ("duplicates dropped", result.duplicates, ""),
        ("delivered", result.delivered, f"each verified by the subscriber; {result.delivered_again:,} came again"),
        ("conversations closed", sum(result.closed.values()), _each(result.closed)),
        ("observations posted", sum(result.observations.values()), _each(result.observations)),
        ("repairs", sum(result.repairs.values()), _each(result.repairs)),
        ("calls of Twilio's APIs", result.calls, f"{result.faults:,} of them failed, on purpose"),
    ]


def _each(numbers: Mapping[str, int]) -> str:
    return "\n".join(f"{number:,} {name}" for name, number in sorted(numbers.items()))
