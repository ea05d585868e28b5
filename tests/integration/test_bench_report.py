"""The bench's report: how it is printed, and the status that follows from it."""

import msgspec
import pytest
import typer

from service.bench.figures.figure import Row
from service.bench.measurements.plan import Size
from service.bench.process import FailedError, Interruption
from service.bench.run import Report, Tell
from service.cli.measuring import measure

MET = Row("one relay: missing", 0, "0", met=True)
MISSED = Row("one relay: extra", 2, "0", met=False)
SIZE = Size(events=2000, conversations=500, subscribers=3, connections=32)


def status(rows: tuple[Row, ...], *, as_json: bool) -> int:
    """Return the status of a command whose measurements come to these rows."""
    report = Report("a machine", SIZE, all(row.met for row in rows), rows, [{}])
    try:
        measure(lambda _, __: report, as_json=as_json)
    except typer.Exit as end:
        return end.exit_code
    return 0


@pytest.mark.parametrize(
    ("rows", "expected"), [pytest.param((MET,), 0, id="all met"), pytest.param((MET, MISSED), 1, id="one missed")]
)
@pytest.mark.parametrize("as_json", [True, False], ids=["json", "table"])
def test_a_line_that_misses_what_is_asked_is_status_1(
    rows: tuple[Row, ...],
    expected: int,
    as_json: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """The status is 0 where every line is as asked, else 1, however the report is printed."""
    assert expected == status(rows, as_json=as_json)


def test_the_table_tells_each_line_and_what_it_was_measured_with(capsys: pytest.CaptureFixture[str]) -> None:
    """A line's cells stand in one row, and below the table stands how much was sent, how often and where."""
    status((MET, MISSED), as_json=False)

    printed = " ".join(capsys.readouterr().out.split())

    assert ["one relay: extra │ 2 │ 0 │ no", "2,000 events", "median of 1; a machine"] == [
        each for each in ("one relay: extra │ 2 │ 0 │ no", "2,000 events", "median of 1; a machine") if each in printed
    ]


def test_json_holds_the_whole_report(capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed as JSON has the lines, the size and the rounds, and nothing stands beside it."""
    status((MISSED,), as_json=True)

    told = msgspec.json.decode(capsys.readouterr().out)

    assert (False, 2000, [{}], "one relay: extra") == (
        told["met"], told["size"]["events"], told["rounds"], told["rows"][0]["what"],
    )  # fmt: skip


def test_a_measurement_that_fails_is_told_in_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    """A failure is status 1, its reason on standard error, and no report."""

    def failing(_: Interruption, __: Tell) -> Report:
        raise FailedError("relay ended with status 1")

    with pytest.raises(typer.Exit) as end:
        measure(failing, as_json=True)

    assert (1, ("", "relay ended with status 1\n")) == (end.value.exit_code, tuple(capsys.readouterr()))
