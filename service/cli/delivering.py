"""`relay` and `worker`: the processes of the delivering side, which this side never imports."""

import os
import sys
from typing import Annotated, NoReturn

import typer

from service.cli.configuration import environment, load_settings
from service.settings import Role

RELAY_EXAMPLE = "Example: conversation-events relay"
WORKER_EXAMPLE = "Example: conversation-events worker --processes 4"


def relay() -> None:
    """Route the stored events and deliver them to the subscribers. Any number may run: one at a time routes."""
    _become("relay")


def worker(
    processes: Annotated[int, typer.Option(min=1, help="Processes that run jobs at the same time.")] = 2,
) -> None:
    """Run the jobs on Twilio's side, such as closing a conversation. Any number may run."""
    _become("worker", "--processes", str(processes))


def command_line(role: Role) -> tuple[str, ...]:
    """Return the command line of the relay or the worker."""
    return sys.executable, "-m", "workers", role


def _become(role: Role, *options: str) -> NoReturn:
    argv = (*command_line(role), *options)
    os.execve(argv[0], argv, environment(load_settings((role,))))  # noqa: S606 - the other composition root
