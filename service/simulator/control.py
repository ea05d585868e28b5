"""The simulation's own door, which Twilio does not have: faults on demand, stories on demand, and the truth.

It asks for no credentials, so it only listens where the simulator does: on this machine, unless told otherwise.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.simulator import clock
from service.simulator.call import RefusedError
from service.simulator.faults import Faults
from service.simulator.ledger import Ledger
from service.simulator.player import Player
from service.simulator.scenarios.catalogue import SCENARIOS
from service.simulator.truth import counts, state
from service.simulator.world.world import World


class _Play(msgspec.Struct, forbid_unknown_fields=True):
    scenario: str
    stories: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1


class _Merge(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    profile_id: str


@dataclass(frozen=True, slots=True)
class Control:
    """The routes under `/_control`; `waiting` says how many callbacks are on their way."""

    world: World
    ledger: Ledger
    player: Player
    waiting: Callable[[], int]

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/_control", self._faults, methods=["GET"]),
            Route("/_control", _posted(self._change), methods=["POST"]),
            Route("/_control/play", _posted(self._play), methods=["POST"]),
            Route("/_control/merge", _posted(self._merge), methods=["POST"]),
            Route("/_control/counts", self._counts, methods=["GET"]),
            Route("/_control/state", self._state, methods=["GET"]),
        ]

    async def _faults(self, _: Request) -> Response:
        return _json(self.world.faults)

    async def _change(self, body: bytes) -> Response:
        given = msgspec.json.decode(body, type=dict[str, Any])
        self.world.faults = msgspec.convert({**msgspec.to_builtins(self.world.faults), **given}, Faults)
        return _json(self.world.faults)

    async def _play(self, body: bytes) -> Response:
        wanted = msgspec.json.decode(body, type=_Play)
        if wanted.scenario not in SCENARIOS:
            raise msgspec.ValidationError(f"scenario must be one of {', '.join(SCENARIOS)}")
        self.player.begin((wanted.scenario,), wanted.stories, clock.now())
        return _json({"begun": wanted.stories})

    async def _merge(self, body: bytes) -> Response:
        wanted = msgspec.json.decode(body, type=_Merge)
        other = self.world.memory.merge(self.world.memory.default, wanted.profile_id, clock.now())
        return _json({"profileId": other})

    async def _counts(self, _: Request) -> Response:
        return _json({**counts(self.world, self.ledger), **self._progress()})

    async def _state(self, _: Request) -> Response:
        return _json({**state(self.world, self.ledger), **self._progress()})

    def _progress(self) -> dict[str, object]:
        sending = self.waiting()
        played = self.player.played and not sending
        return {"begun": self.player.begun, "stepsLeft": self.player.steps_left, "sending": sending, "played": played}


def _posted(change: Callable[[bytes], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        # A page in a browser can send a form to this machine, but no JSON.
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return JSONResponse({"error": "send JSON, with content-type: application/json"}, 415)
        try:
            return await change(await request.body())
        except (msgspec.MsgspecError, UnicodeError, RefusedError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return endpoint


def _json(what: object) -> Response:
    return Response(msgspec.json.encode(what), media_type="application/json")
