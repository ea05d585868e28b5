"""`receiver`: the public process that takes Twilio's callbacks."""

import gc
from typing import Annotated

import typer
from starlette.types import ASGIApp

from service import logs, rules_file
from service.cli.asgi import KEEP_ALIVE, Address, Drain, run
from service.cli.configuration import load_settings
from service.store.checks import check
from service.store.client import connect
from service.web.receiver import Receiver

EXAMPLE = "Example: conversation-events receiver --host 0.0.0.0 --port 8000"


def receiver(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free one.")] = 8000,
    drain_seconds: Annotated[
        float, typer.Option(min=0, help="After SIGTERM, seconds in which /readyz fails and callbacks are still taken.")
    ] = 5.0,
    keep_alive: Annotated[
        int, typer.Option(min=1, help="Seconds that an idle connection is kept: more than the load balancer keeps it.")
    ] = KEEP_ALIVE,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Take Twilio's callbacks: prove each one, store it, answer. Put any number behind a load balancer."""
    settings = load_settings(("receiver",))
    logs.set_up(settings.log_format, settings.log_level, "receiver")

    async def make() -> tuple[ASGIApp, Drain]:
        redis = connect(settings.redis_address())
        await check(redis, settings.redis_durability)
        made = Receiver(settings, redis, rules_file.read(settings.rules_file).voice)
        # What has been built lives as long as the process: no collection need look at it again.
        gc.collect()
        gc.freeze()

        def drain() -> None:
            made.draining = True

        return made, Drain(drain_seconds, drain)

    run(make, Address(host, port, fd), keep_alive)
