"""`simulate`: the simulated Twilio and the sample subscriber, as a process of their own."""

from typing import Annotated

import typer
from rich.console import Console
from starlette.types import ASGIApp

from service import logs
from service.cli.asgi import Address, Drain, run
from service.cli.configuration import load_settings
from service.endpoints.addresses import networks
from service.registration import Egress
from service.settings import Settings
from service.simulator import app as application
from service.simulator.endpoint import ensure
from service.simulator.story import Story
from service.simulator.subscriber import PATH
from service.store.checks import check
from service.store.client import connect
from service.store.keys import Keys
from service.store.secrets import Sealer

EXAMPLE = "Example: conversation-events simulate --every 5   (started by `up --simulate`, with an invented account)"


def simulate(
    url: Annotated[str, typer.Option(help="URL at which the relay and the worker reach this process.")],
    port: Annotated[int, typer.Option(help="Port to listen on, at 127.0.0.1.")] = 8002,
    every: Annotated[float, typer.Option(min=0.05, help="Seconds between the beginnings of conversations.")] = 5.0,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Play Twilio: signed callbacks, the REST calls that jobs need, and one subscriber that verifies what it gets."""
    settings = load_settings(("receiver", "relay"))
    logs.set_up(settings.log_format, settings.log_level, "simulate")

    async def make() -> tuple[ASGIApp, Drain]:
        secret = await _endpoint_secret(settings, f"{url}{PATH}")
        story = Story(Console(highlight=False))
        return application.create(_account(settings), secret, story, every), Drain()

    run(make, Address("127.0.0.1", port, fd))


async def _endpoint_secret(settings: Settings, url: str) -> bytes:
    redis = connect(settings.redis_address())
    try:
        await check(redis, settings.redis_durability)
        sealer = Sealer(settings.secret_key.get_secret_value() if settings.secret_key else "")
        egress = Egress(allow_http=settings.allow_http_endpoints, allowed=networks(settings.egress_allow))
        return await ensure(redis, Keys(settings.key_prefix), sealer, egress, url)
    finally:
        await redis.aclose(close_connection_pool=True)


def _account(settings: Settings) -> application.Account:
    _, token = settings.twilio_auth_tokens[0]
    return application.Account(settings.twilio_account_sid or "", token.get_secret_value(), settings.public_urls[0])
