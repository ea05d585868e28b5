"""The table: a report for people."""

from rich.table import Table
from rich.text import Text

from service.bench.figures.figure import Row
from service.bench.run import Report

_WHOLE_FROM = 100
"""Figures from here on are told without a fraction."""
_UNKNOWN = "?"


def table(report: Report) -> Table:
    """Return the lines of a report as a table."""
    drawn = Table()
    drawn.add_column("what")
    drawn.add_column("measured", justify="right")
    drawn.add_column("asked", justify="right")
    drawn.add_column("met")
    for row in report.rows:
        drawn.add_row(row.what, number(row.measured), row.asked, _met(row))
    if report.no_peer:
        drawn.add_row("Express + BullMQ", _UNKNOWN, "", Text(f"not measured: {report.no_peer}", style="yellow"))
    return drawn


def number(value: float | None) -> str:
    """Return a figure as people read it."""
    if value is None:
        return _UNKNOWN
    return f"{value:,.0f}" if value >= _WHOLE_FROM or value == int(value) else f"{value:.2f}"


def _met(row: Row) -> Text:
    if row.met is None:
        return Text()
    return Text("yes", style="green") if row.met else Text("no", style="bold red")


def caption(report: Report) -> str:
    """Return what the table was measured with."""
    return f"{report.size}; median of {len(report.rounds)}; {report.machine}"
