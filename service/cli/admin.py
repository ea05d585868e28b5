"""`admin`: the private process for people and their tools."""

from typing import Annotated

import typer
from starlette.types import ASGIApp

from service import logs
from service.cli.asgi import Address, Drain, run
from service.cli.configuration import load_settings
from service.store.checks import check
from service.store.client import connect
from service.web.admin import create

EXAMPLE = "Example: conversation-events admin --port 8001"


def admin(
    host: Annotated[str, typer.Option(help="Address to listen on; keep it private.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free one.")] = 8001,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve the admin API and the metrics, for the bearer of ADMIN_TOKEN."""
    settings = load_settings(("admin",))
    logs.set_up(settings.log_format, settings.log_level, "admin")

    async def make() -> tuple[ASGIApp, Drain]:
        redis = connect(settings.redis_address())
        await check(redis, settings.redis_durability)
        return create(settings, redis), Drain()

    run(make, Address(host, port, fd))
