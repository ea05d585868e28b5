"""The simulation as one ASGI application: the stand-in, the sample subscriber, and the player beside them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette

from service.simulator.player import play_for_ever
from service.simulator.scenario import identifier
from service.simulator.sender import ANSWER_TIMEOUT, Sender
from service.simulator.standin import StandIn
from service.simulator.story import Story
from service.simulator.subscriber import Subscriber
from service.simulator.world import World


@dataclass(frozen=True, slots=True)
class Account:
    """The simulated account: its SID, its auth token, and the public URL that it sends callbacks to."""

    sid: str
    token: str
    public_url: str


def create(account: Account, subscriber_secret: bytes, story: Story, every: float) -> Starlette:
    """Return the application; while it serves, a conversation begins every `every` seconds."""
    # Proxies from the environment are for the world outside, not for this machine.
    http = httpx.AsyncClient(timeout=ANSWER_TIMEOUT, trust_env=False)
    world = World(account.sid, identifier("conv_configuration_", account.sid))
    sender = Sender(http, account.public_url, account.token, story)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        playing = asyncio.create_task(play_for_ever(world, sender, every))
        try:
            yield
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            await http.aclose()

    standin, subscriber = StandIn(world, sender, story), Subscriber(subscriber_secret, story)
    return Starlette(routes=[*standin.routes(), *subscriber.routes()], lifespan=lifespan)
