"""The `events` and `deliveries` commands as a person or a script types them, on the session's Redis."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from service.cli.app import app
from service.cli.failures import told


class Ended(NamedTuple):
    """What a command printed, and its exit status."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Ended]


@pytest.fixture
def command(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Return a function that runs a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"REDIS_URL": redis_url, "DATA_DIR": str(tmp_path), "COLUMNS": "220"}.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Ended:
        try:
            status = told(lambda: app(list(arguments)))
        except SystemExit as ended:
            status = int(ended.code or 0)
        return Ended(status, *capsys.readouterr())

    return run
