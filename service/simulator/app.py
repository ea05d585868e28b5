"""The simulation as one ASGI application: the REST API, the control door, and the player and sender beside them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from service.simulator import clock
from service.simulator.control import Control
from service.simulator.faults import Faults
from service.simulator.ledger import Ledger
from service.simulator.outbox import Outbox, Sending
from service.simulator.player import Player, Programme
from service.simulator.rest import configurations, conversations, memory, others, participants
from service.simulator.rest.gate import METHODS, Gate
from service.simulator.rest.route import Route as ApiRoute
from service.simulator.story import Story
from service.simulator.truth import counts
from service.simulator.world.birth import Birth
from service.simulator.world.world import World
from service.tasks import cancelled

_LOOK = 0.1
"""Seconds between looks whether all has been played."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a simulation is made from; `credentials` are users and passwords of the REST API."""

    birth: Birth
    sending: Sending
    credentials: dict[str, str] = field(repr=False)
    programme: Programme = field(default_factory=Programme)
    faults: Faults = field(default_factory=Faults)


class Simulation:
    """One simulated Twilio; `app` serves it. `when_played` is called once when all stories have been told."""

    def __init__(self, plan: Plan, story: Story, when_played: Callable[[], None] = lambda: None) -> None:
        """Nothing is played or sent before the application starts."""
        self.world = World(plan.birth, clock.now())
        self.world.faults = plan.faults
        self.ledger = Ledger()
        self._ending = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._plan, self._story, self._when_played = plan, story, when_played
        self._outbox: Outbox | None = None
        self._player = Player(self.world, plan.programme, self._told)

    def app(self, more: Sequence[BaseRoute] = ()) -> Starlette:
        """Return the application, with other routes beside its own."""
        gate = Gate(self.world, self.ledger, self._story, self._plan.credentials, self._changed, self._ending)
        control = Control(self.world, self.ledger, self._player, self._sending)
        api = [Route(each.path, _endpoint(gate, each), methods=METHODS) for each in api_routes()]
        health = Route("/livez", _alive)
        nothing = Route("/{path:path}", _unknown, methods=METHODS)
        return Starlette(routes=[*control.routes(), health, *api, *more, nothing], lifespan=self._lifespan)

    def release(self) -> None:
        """Let callers go who are kept waiting by a fault; safe in a signal handler and from another thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending.set)

    def summarize(self) -> None:
        """Tell what all of it came to."""
        self._story.summary(counts(self.world, self.ledger))

    @property
    def all_taken(self) -> bool:
        """Whether each callback that was to be sent has been taken."""
        return not any(self.ledger.fates[fate] for fate in ("pending", "refused", "unanswered"))

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        # Proxies from the environment are for the world outside, not for this machine; slots are the outbox's.
        connector = aiohttp.TCPConnector(limit=0)
        self._loop = asyncio.get_running_loop()
        async with aiohttp.ClientSession(connector=connector, trust_env=False) as http:
            self._outbox = Outbox(http, self._plan.sending, self.world, self.ledger, self._story)
            tasks = [asyncio.create_task(self._player.run()), asyncio.create_task(self._watch())]
            try:
                yield
            finally:
                await cancelled(tasks)
                await self._outbox.stop()

    async def _watch(self) -> None:
        # Three things have to come to rest, each in its own time.
        while not self._player.played or self._sending():  # noqa: ASYNC110
            await asyncio.sleep(_LOOK)
        self.summarize()
        self._when_played()

    def _told(self) -> None:
        if self._outbox is not None:
            self._outbox.post()

    def _changed(self) -> None:
        self._told()
        self._player.wake()

    def _sending(self) -> int:
        return self._outbox.waiting if self._outbox is not None else 0


def api_routes() -> list[ApiRoute]:
    """Return the routes of all APIs."""
    rooms = (configurations, conversations, participants, memory, others)
    return [route for room in rooms for route in room.routes()]


def _endpoint(gate: Gate, route: ApiRoute) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await gate.answer(route, request)

    return endpoint


async def _alive(_: Request) -> Response:
    return Response(status_code=204)


async def _unknown(_: Request) -> Response:
    message = "The simulator does not have this resource; docs/simulator.md lists those it has"
    return JSONResponse({"code": 20404, "message": message, "more_info": "", "status": 404}, 404)
