"""The `endpoints` commands as a person or a script types them, on the session's Redis."""

import os
import pty
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from service.cli.endpoints import app
from service.cli.failures import told
from service.store.keys import Keys
from tests.declared_endpoints import SECRET
from tests.history import SECRET_KEY, History


class Ended(NamedTuple):
    """What a command printed, and its exit status."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Ended]


@pytest.fixture
def endpoints_command(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Return a function that runs the command in a folder of its own, with the settings that it is given."""
    monkeypatch.chdir(tmp_path)
    usual = {
        "REDIS_URL": redis_url, "SECRET_KEY": SECRET_KEY, "DATA_DIR": str(tmp_path), "COLUMNS": "200",
        "EGRESS_ALLOW": "127.0.0.0/8", "ALLOW_HTTP_ENDPOINTS": "1",
    }  # fmt: skip

    def run(*arguments: str, **environment: str) -> Ended:
        for name, value in {**usual, **environment}.items():
            monkeypatch.setenv(name, value)
        try:
            status = told(lambda: app(list(arguments)))
        except SystemExit as ended:
            status = int(ended.code or 0)
        return Ended(status, *capsys.readouterr())

    return run


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return a function that lets standard input be a terminal at which somebody types."""
    person, terminal = pty.openpty()
    with os.fdopen(person, "w") as keyboard, os.fdopen(terminal, encoding="utf-8") as seen:
        monkeypatch.setattr(sys, "stdin", seen)

        def answer(text: str) -> None:
            keyboard.write(f"{text}\n")
            keyboard.flush()

        yield answer


@pytest.fixture
def history(redis_url: str) -> History:
    """Return a view of what the commands left in Redis."""
    return History(redis_url, Keys())


@pytest.fixture
def apply(endpoints_command: Command, tmp_path: Path) -> Command:
    """Return a function that applies a file with this text."""

    def run(text: str, *options: str, **environment: str) -> Ended:
        (tmp_path / "endpoints.toml").write_text(text)
        return endpoints_command("apply", "endpoints.toml", *options, **{"CRM_SECRET": SECRET, **environment})

    return run
