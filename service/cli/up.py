"""`up`: everything on this machine. What it tells its programs is decided here; `house` runs them."""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from service import logs
from service.cli import greeting, simulation
from service.cli.data_dir import KEPT, Hold, held, keep_secret
from service.cli.house import House, Sockets
from service.embedded.server import make_private
from service.processes.listening import PATIENCE, listen_patiently, url
from service.settings import Settings, load

EXAMPLE = "Example: conversation-events up --simulate"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for: (address, port) of each listener, and whether to simulate."""

    receiver: tuple[str, int]
    admin: tuple[str, int]
    simulation: tuple[str, int]
    simulate: bool
    options: tuple[str, ...] = ()
    """Further options of the simulation."""


def up(  # noqa: PLR0913 - each is an option of the command
    *,
    port: Annotated[int, typer.Option(help="Port of the receiver; 0: any free one.")] = 8000,
    admin_port: Annotated[int, typer.Option(help="Port of the admin API; 0: any free one.")] = 8001,
    data_dir: Annotated[Path | None, typer.Option(help="Where everything is kept.", show_default="DATA_DIR")] = None,
    simulate: Annotated[bool, typer.Option("--simulate", help="Play Twilio; no account needed.")] = False,
    host: Annotated[str, typer.Option(help="Address of the receiver.")] = "127.0.0.1",
    admin_host: Annotated[str, typer.Option(help="Address of the admin API; keep it private.")] = "127.0.0.1",
    simulation_port: Annotated[int, typer.Option(help="Port of the simulated Twilio; 0: any free one.")] = 8002,
) -> None:
    """Run everything on this machine: receiver, relay, worker, admin, and a Redis unless REDIS_URL names one.

    Prints one line that begins with `ready` once it takes traffic. What dies is started again.
    """
    settings = load((), **({} if data_dir is None else {"data_dir": data_dir}))
    simulated = simulation.is_called_for(settings, asked=simulate)
    wish = Wish((host, port), (admin_host, admin_port), ("127.0.0.1", simulation_port), simulate)
    logs.set_up(settings.log_format, _level(settings, simulated=simulated), "up")
    make_private(settings.data_dir)
    with held(settings.data_dir) as hold:
        asyncio.run(_run(settings, wish, hold, simulated=simulated))


def _level(settings: Settings, *, simulated: bool) -> str:
    # In a terminal the simulation tells its own story; the log would say all of it twice.
    quiet = simulated and sys.stderr.isatty() and "log_level" not in settings.model_fields_set
    return "warning" if quiet else settings.log_level


async def _run(settings: Settings, wish: Wish, hold: Hold, *, simulated: bool) -> None:
    sockets = await _listen(wish, PATIENCE if hold.after_a_crash else 0, simulated=simulated)
    told = _told(settings, sockets)
    hold.tell(told)
    if simulated:
        _say(greeting.simulating(asked=wish.simulate))
    kept = _kept(settings)
    secret = {**told, **kept}
    as_told = load(("receiver", "relay", "worker", "admin"), **{name.lower(): value for name, value in secret.items()})
    token_file = settings.data_dir / KEPT["ADMIN_TOKEN"] if "ADMIN_TOKEN" in kept else None
    await House(as_told, {**os.environ, **secret}, sockets).run(lambda: _ready(sockets, token_file))


async def _listen(wish: Wish, patience: float, *, simulated: bool) -> Sockets:
    return Sockets(
        await listen_patiently(*wish.receiver, patience),
        await listen_patiently(*wish.admin, patience),
        await listen_patiently(*wish.simulation, patience) if simulated else None,
        wish.options,
    )


def _told(settings: Settings, sockets: Sockets) -> dict[str, str]:
    """Return what the programs are told besides the environment, by environment name; other commands may know it."""
    told = {"DATA_DIR": str(settings.data_dir.resolve())}
    if sockets.simulation is None:
        return told
    told |= simulation.environment(settings, url(sockets.receiver), url(sockets.simulation))
    return {**told, "LOG_LEVEL": _level(settings, simulated=True)}


def _kept(settings: Settings) -> Mapping[str, str]:
    """Return the secrets that are not set, from their files in DATA_DIR, made where they are missing."""
    unset = [name for name in KEPT if getattr(settings, name.lower()) is None]
    found = {name: keep_secret(settings.data_dir / KEPT[name]) for name in unset}
    if "ADMIN_TOKEN" in found:
        _say(greeting.admin_token(found["ADMIN_TOKEN"], settings.data_dir / KEPT["ADMIN_TOKEN"]))
    return {name: secret.value for name, secret in found.items()}


def _ready(sockets: Sockets, token_file: Path | None) -> None:
    receiver, admin = url(sockets.receiver), url(sockets.admin)
    with suppress(OSError):
        print(f"ready receiver={receiver} admin={admin}", flush=True)  # noqa: T201 - the line that others wait for
    _say(greeting.where_to_look(receiver, admin, token_file))


def _say(text: str) -> None:
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - for the person who started it
