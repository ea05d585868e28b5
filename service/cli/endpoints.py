"""`endpoints`: the subscribers, changed in Redis itself, so that no admin process has to run.

Data goes to standard output, sentences about it to standard error.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, NoReturn, TypeVar

import msgspec
import typer
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.cli.configuration import load_settings
from service.cli.data_dir import KEPT
from service.cli.failures import FAILED, USAGE
from service.endpoints.addresses import networks
from service.endpoints.endpoint import ALL_TYPES, Endpoint, NewEndpoint
from service.endpoints.shown import Shown, shown, shown_once
from service.registration import Egress, InvalidEndpointError, register
from service.settings import InvalidSettingsError, Settings
from service.store import endpoints as store
from service.store.client import connect
from service.store.keys import Keys
from service.store.secrets import Sealer, check_fingerprint

T = TypeVar("T")

# Tracebacks stay plain: the pretty ones show local variables, and some of those are secrets.
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The subscribers: URLs that events are delivered to.",
    epilog="Example: conversation-events endpoints add https://example.com/hooks",
)

Identifier = Annotated[str, typer.Argument(metavar="ID", help="The endpoint's id, as `list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(epilog="Example: conversation-events endpoints add https://example.com/hooks --types 'conversation.*'")
def add(
    url: Annotated[str, typer.Argument(help="Where to deliver: https, a public address.")],
    types: Annotated[
        list[str] | None,
        typer.Option(help="Event types or patterns, with commas or repeated. Default: all.", metavar="TYPES"),
    ] = None,
    secret: Annotated[
        str | None, typer.Option(help="whsec_ and the base64 of 24 to 64 bytes. Default: one is made.")
    ] = None,
    description: Annotated[str, typer.Option(help="For people.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Add an endpoint and show its secret, this once."""
    settings = load_settings()
    egress = Egress(settings.allow_http_endpoints, networks(settings.egress_allow))
    new = NewEndpoint(url, _split(types) if types else ALL_TYPES, description, secret)

    async def run(redis: Redis, keys: Keys) -> tuple[Endpoint, str]:
        sealer = _sealer(settings)
        await check_fingerprint(redis, keys, sealer)
        return await register(redis, keys, sealer, egress, new)

    try:
        made = shown_once(*_on_redis(settings, run))
    except InvalidEndpointError as error:
        _fail(USAGE, *error.mistakes)
    _print(made, as_json=as_json)
    if not as_json:
        _say("The secret is not shown again: give it to whoever verifies the deliveries.")


@app.command("list", epilog="Example: conversation-events endpoints list --json")
def show_all(*, as_json: AsJson = False) -> None:
    """List the endpoints."""
    known = _on_redis(load_settings(), store.listing)
    found = [shown(endpoint) for endpoint in known.endpoints.values()]
    if as_json:
        _print_json({"endpoints": found})
    elif found:
        Console().print(_table(found))
    else:
        _say("There is no endpoint yet. Add one: conversation-events endpoints add https://example.com/hooks")


@app.command(epilog="Example: conversation-events endpoints show ep_0123456789abcdef")
def show(endpoint_id: Identifier, *, as_json: AsJson = False) -> None:
    """Show one endpoint."""
    found = _on_redis(load_settings(), lambda redis, keys: store.get(redis, keys, endpoint_id))
    if found is None:
        _fail(FAILED, _missing(endpoint_id))
    _print(shown(found), as_json=as_json)


@app.command(epilog="Example: conversation-events endpoints remove ep_0123456789abcdef")
def remove(endpoint_id: Identifier, *, as_json: AsJson = False) -> None:
    """Remove an endpoint, with all that waits for it."""
    if not _on_redis(load_settings(), lambda redis, keys: store.remove(redis, keys, endpoint_id)):
        _fail(FAILED, _missing(endpoint_id))
    if as_json:
        _print_json({"id": endpoint_id, "removed": True})
    else:
        _say(f"Removed {endpoint_id}.")


def _split(types: list[str]) -> tuple[str, ...]:
    return tuple(part.strip() for given in types for part in given.split(",") if part.strip())


def _sealer(settings: Settings) -> Sealer:
    if not settings.secret_key:
        place = settings.data_dir / KEPT["SECRET_KEY"]
        mistake = (
            f"SECRET_KEY: is not set, and `up` has left none in {place}; for example SECRET_KEY=a long random text"
        )
        raise InvalidSettingsError((mistake,))
    return Sealer(settings.secret_key.get_secret_value())


def _on_redis(settings: Settings, action: Callable[[Redis, Keys], Awaitable[T]]) -> T:
    async def run() -> T:
        redis = connect(settings.redis_address())
        try:
            return await action(redis, Keys(settings.key_prefix))
        finally:
            await redis.aclose()

    return asyncio.run(run())


def _table(found: list[Shown]) -> Table:
    table = Table()
    table.add_column("id", no_wrap=True)
    for name in ("url", "types", "state", "description"):
        table.add_column(name, overflow="fold")
    for one in found:
        # As Text: a bracket in what people wrote is no markup.
        table.add_row(*map(Text, (one.id, one.url, ", ".join(one.types), one.state, one.description)))
    return table


def _print(one: Shown, *, as_json: bool) -> None:
    if as_json:
        _print_json(one)
        return
    for name, value in msgspec.structs.asdict(one).items():
        typer.echo(f"{name:<12} {', '.join(value) if isinstance(value, tuple) else value}")


def _print_json(value: object) -> None:
    typer.echo(msgspec.json.encode(value))


def _missing(endpoint_id: str) -> str:
    return f"There is no endpoint {endpoint_id}; conversation-events endpoints list shows those that there are."


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _fail(status: int, *sentences: str) -> NoReturn:
    for sentence in sentences:
        _say(sentence)
    raise typer.Exit(status)
