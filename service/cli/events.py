"""`events`: what was received, what became of it, and letting an endpoint have it once more.

Data goes to standard output, sentences about it to standard error. Everything is asked of Redis itself, so that no
admin process has to run.
"""

from typing import Annotated

import msgspec
import typer
from redis.asyncio import Redis

from service.cli import replaying, tailing
from service.cli.configuration import load_settings
from service.cli.endpoints.access import on_redis
from service.cli.endpoints.options import AsJson
from service.cli.endpoints.printing import fail, print_json
from service.cli.failures import FAILED
from service.cli.selection import id_or_fail
from service.cli.timeline import lines
from service.store.explanation import Explanation, explain, shown
from service.store.keys import Keys

# Tracebacks stay plain: the pretty ones show local variables, and some of those are secrets.
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The events: what was received, and what became of it.",
    epilog="Example: conversation-events events tail --follow",
)

Identifier = Annotated[str, typer.Argument(metavar="ID", help="The event's id, which is its webhook-id.")]
_EXAMPLE_ID = "evt_9f2d4c7be0a1583f96ab10c47de85b32"

app.command(epilog=tailing.EXAMPLE)(tailing.tail)


@app.command(epilog=f"Example: conversation-events events show {_EXAMPLE_ID}")
def show(event_id: Identifier, *, as_json: AsJson = False) -> None:
    """Show one event as its subscribers get it, with all that it holds."""
    body = _found(event_id).body
    typer.echo(body if as_json else msgspec.json.format(body).decode())


@app.command("explain", epilog=f"Example: conversation-events events explain {_EXAMPLE_ID}")
def explain_one(event_id: Identifier, *, as_json: AsJson = False) -> None:
    """Tell an event's whole way: received, routed, each attempt, what comes next, and the jobs that it asked for."""
    found = _found(event_id)
    if as_json:
        print_json(shown(found))
        return
    for line in lines(found):
        typer.echo(line)


app.command("replay", epilog=replaying.EXAMPLE)(replaying.replay_events)


def _found(event_id: str) -> Explanation:
    id_or_fail(event_id)

    async def run(redis: Redis, keys: Keys) -> Explanation | None:
        return await explain(redis, keys, event_id)

    found = on_redis(load_settings(), run)
    if found is None:
        fail(FAILED, f"There is no event {event_id}: neither the log nor a dead delivery has it (any more).")
    return found
