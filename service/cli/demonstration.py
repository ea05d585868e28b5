"""A demonstration under way: everything of `up --simulate`, and a look every second at whether it adds up by now."""

import asyncio
import os
import time
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
from rich.console import Console

from service.cli import simulation
from service.cli.data_dir import KEPT, Hold, keep_secret
from service.cli.demonstration_look import Look
from service.cli.house import House, Sockets
from service.processes.listening import listen_patiently, url
from service.settings import Settings, load
from service.simulator.result import Result
from service.store.client import connect
from service.store.keys import Keys
from service.tasks import cancelled

LOOK = 1.0
"""Seconds between looks, at least."""
SPARE = 4
"""Times as long as a look took are waited until the next: looking must not slow down what is looked at."""
RECONCILE_EVERY = 5
"""Seconds between passes; nobody wants to wait a minute for a repair that is to be seen."""
FAILING = (
    {"fault": "429", "method": "PATCH"},
    {"fault": "500", "method": "PATCH"},
    {"fault": "timeout-after", "method": "PATCH"},
    {"fault": "500", "method": "GET", "path": "/Communications"},
    {"fault": "timeout-before", "method": "GET", "path": "/Participants"},
    {"fault": "429", "method": "POST", "path": "/Observations"},
)
"""The calls that fail where nothing else is wished for: few, each healed by one repetition some ten seconds later."""
_HOST = "127.0.0.1"


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What is demonstrated.

    In seconds: `hold`, how long a timeout lasts, and `patience`, the time for the work that is left when all is told.
    `faults`: None for the few of FAILING; `stay`: go on after the result, until interrupted.
    """

    seed: str
    conversations: int
    rate: float
    speed: float
    lose: float
    faults: dict[str, float] | None
    hold: float
    patience: float
    stay: bool

    def options(self) -> tuple[str, ...]:
        """Return the options of `simulate`."""
        shares = [f"--fault={name}={share}" for name, share in (self.faults or {}).items()]
        return (
            "--quiet", f"--seed={self.seed}", f"--conversations={self.conversations}", f"--rate={self.rate}",
            f"--speed={self.speed}", f"--lose={self.lose}", "--repeat=0.05", "--reorder=0.03", f"--hold={self.hold}",
            *shares,
        )  # fmt: skip


class Demonstration:
    """One run; `show` is called once with the result."""

    def __init__(
        self, settings: Settings, hold: Hold, terms: Terms, console: Console, show: Callable[[Result], None]
    ) -> None:
        """Nothing runs before `run`."""
        self._settings, self._hold, self._terms, self._console, self._show = settings, hold, terms, console, show
        self._ready = asyncio.Event()
        self._result: Result | None = None

    async def run(self) -> Result | None:
        """Return the result, None where it was interrupted before; what was started has ended then."""
        receiver, admin, simulated = [await listen_patiently(_HOST, 0, 0) for _ in range(3)]
        sockets = Sockets(receiver, admin, simulated, self._terms.options())
        settings, environment = self._environment(sockets)
        house = asyncio.create_task(House(settings, environment, sockets).run(self._ready.set))
        watch = asyncio.create_task(self._watch(settings, sockets))
        try:
            await asyncio.wait({house, watch}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancelled((watch, house))
        for task in (house, watch):
            if not task.cancelled():
                task.result()
        return self._result

    def _environment(self, sockets: Sockets) -> tuple[Settings, dict[str, str]]:
        if sockets.simulation is None:
            raise AssertionError("a demonstration without a simulation")
        told = simulation.environment(self._settings, url(sockets.receiver), url(sockets.simulation))
        folder = self._settings.data_dir
        told |= {"DATA_DIR": str(folder.resolve()), "LOG_LEVEL": self._settings.log_level}
        told |= {"RECONCILE_EVERY": str(RECONCILE_EVERY)}
        self._hold.tell(told)
        unset = [name for name in KEPT if getattr(self._settings, name.lower()) is None]
        told |= {name: keep_secret(folder / KEPT[name]).value for name in unset}
        given = {name.lower(): value for name, value in told.items() if name != "no_proxy"}
        settings = load(("receiver", "relay", "worker", "admin"), redis_url=None, **given)
        # Named to the programs, so that no REDIS_URL of a `.env` leads them to another.
        return settings, {**os.environ, **told, "REDIS_URL": settings.redis_address()}

    async def _watch(self, settings: Settings, sockets: Sockets) -> None:
        await self._ready.wait()
        simulated, admin = url(sockets.simulation or sockets.admin), url(sockets.admin)
        redis, began = connect(settings.redis_address()), time.monotonic()
        try:
            async with httpx.AsyncClient(base_url=simulated, trust_env=False, timeout=30) as http:
                look = Look(http, redis, Keys(settings.key_prefix), began, admin)
                await look.until_it_answers()
                if self._terms.faults is None:
                    await look.let_fail(FAILING)
                self._result = await self._until_it_adds_up(look)
                self._show(self._result)
        finally:
            await redis.aclose(close_connection_pool=True)
        if self._terms.stay:
            self._console.print(f"Still running: {admin} and {simulated}/_control/state. Ctrl-C ends it.")
            await asyncio.Event().wait()

    async def _until_it_adds_up(self, look: Look) -> Result:
        with self._console.status("The first conversations begin.") as status:
            until = None
            while True:
                looked = time.monotonic()
                counts = await look.counts()
                if counts["played"] and until is None:
                    until = time.monotonic() + self._terms.patience
                over = until is not None and time.monotonic() > until
                if until is not None:
                    found = await look.result()
                    if over or not found.mistakes:
                        return found
                    status.update(f"All is told. Left to do: {found.mistakes[0]}")
                else:
                    status.update(_progress(counts, self._terms.conversations))
                await asyncio.sleep(max(LOOK, SPARE * (time.monotonic() - looked)))


def _progress(counts: dict[str, Any], wanted: int) -> str:
    callbacks, statuses = sum(counts["callbacks"].values()), counts["statuses"]
    closed = statuses.get("CLOSED", 0)
    return f"Story {counts['begun']:,} of {wanted:,}: {callbacks:,} callbacks, {closed:,} conversations closed"
