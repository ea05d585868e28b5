"""The command line as a whole: help, examples, exit statuses."""

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from service import __version__
from service.cli.app import app
from service.cli.failures import told
from service.embedded.lock import LockedError
from service.settings import InvalidSettingsError
from service.store.checks import UnfitRedisError


def commands(command: object, *path: str) -> list[tuple[str, ...]]:
    """Return the paths of a command and of those beneath it, hidden ones too."""
    below = command.commands if isinstance(command, TyperGroup) else {}
    return [path, *(found for name, each in below.items() for found in commands(each, *path, name))]


@pytest.mark.parametrize("path", commands(typer.main.get_command(app)), ids=" ".join)
def test_every_command_has_help_with_an_example(path: tuple[str, ...]) -> None:
    """`--help` of each command says what it does and ends with an example that begins with the program's name."""
    result = CliRunner().invoke(app, [*path, "--help"])

    assert 0 == result.exit_code
    assert "Example: conversation-events" in result.stdout


def test_the_version_is_told() -> None:
    """`--version` prints the version and nothing else."""
    result = CliRunner().invoke(app, ["--version"])

    assert (0, f"{__version__}\n") == (result.exit_code, result.stdout)


@pytest.mark.parametrize("arguments", [["no-such-command"], ["up", "--port", "many"], ["worker", "--processes", "0"]])
def test_a_wrong_command_line_is_status_2(arguments: list[str]) -> None:
    """What cannot be understood ends with status 2."""
    result = CliRunner().invoke(app, arguments)

    assert 2 == result.exit_code


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        pytest.param(InvalidSettingsError(("A: is wrong", "B: is missing")), 2, "A: is wrong\nB: is missing\n", id="2"),
        pytest.param(UnfitRedisError(("too old", "too far")), 1, "too old\ntoo far\n", id="several reasons"),
        pytest.param(LockedError("somebody has it"), 1, "somebody has it\n", id="one reason"),
    ],
)
def test_expected_failures_are_told_in_sentences(
    error: Exception, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failure that is expected is one line for each reason on standard error, with its exit status."""

    def command() -> None:
        raise error

    actual = told(command)

    assert (status, said) == (actual, capsys.readouterr().err)
