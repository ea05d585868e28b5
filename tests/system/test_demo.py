"""`demo` as a person or a pipeline sees it: by command line, output and exit status alone."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running_program import running

SECONDS = 90.0
"""Seconds that one demonstration may take on a busy machine; it takes about 15."""
FEW = ("--conversations", "4", "--rate", "4", "--speed", "120", "--seed", "7")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return an empty folder, with a path short enough for a unix socket."""
    with tempfile.TemporaryDirectory(prefix="ce-") as name:
        yield Path(name)


def demonstrated(folder: Path, *arguments: str) -> tuple[int, list[str]]:
    """Return the status and the lines of a demonstration that ends by itself."""
    with running("demo", "--exit", *FEW, *arguments, folder=folder) as program:
        status = program.process.wait(SECONDS)
    return status, program.printed


def test_everything_adds_up(folder: Path) -> None:
    """With callbacks lost and calls failing, all is delivered, observed and closed, and the status is 0."""
    status, (line,) = demonstrated(folder, "--json", "--lose", "0.1")

    found = json.loads(line)
    assert (0, []) == (status, found["mistakes"])
    assert found["lost"] > 0
    assert found["received"] == found["delivered"]
    assert found["conversations"] == sum(found["closed"].values())
    assert found["conversations"] == found["observations"]["demo-record"]


def test_a_fault_that_does_not_heal_is_told(folder: Path) -> None:
    """Where Twilio fails each call, the table is shown with what is amiss, and the status is 1."""
    status, lines = demonstrated(folder, "--fault", "500=1", "--patience", "2")

    assert 1 == status
    assert any(line.startswith("amiss: not closed: conv_conversation_") for line in lines), lines
    assert "Something does not add up." == lines[-1]
