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


def _become(role: Role, *options: str) -> NoReturn:
    settings = load_settings((role,))
    os.execve(  # noqa: S606 - this same interpreter, as another process's composition root
        sys.executable, (sys.executable, "-m", "workers", role, *options), environment(settings)
    )
