"""`deliveries`: what has become of them, and another go for those that died or were skipped.

Data goes to standard output, sentences about it to standard error. Everything is asked of Redis itself, so that no
admin process has to run.
"""

from typing import Annotated

import typer
from redis.asyncio import Redis
from rich.console import Console

from service.cli import retrying
from service.cli.configuration import load_settings
from service.cli.endpoints.access import on_redis
from service.cli.endpoints.options import AsJson
from service.cli.endpoints.printing import absent, fail, print_json, say
from service.cli.failures import FAILED, USAGE
from service.cli.selection import Since, since_ms
from service.cli.tables import delivery_table
from service.endpoints.filters import valid
from service.store.delivery_pages import State, WantedDeliveries, delivery_page
from service.store.delivery_rows import RowPage
from service.store.keys import Keys
from service.store.position import position_of

# Tracebacks stay plain: the pretty ones show local variables, and some of those are secrets.
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The deliveries: what has become of them, and another go.",
    epilog="Example: conversation-events deliveries dead",
)

At = Annotated[str | None, typer.Option("--endpoint", "-e", metavar="ID", help="At this endpoint alone.")]
Type = Annotated[str | None, typer.Option("--type", help="A type, or a pattern.")]
Limit = Annotated[int, typer.Option(min=1, max=200, help="Deliveries on a page.")]
After = Annotated[str | None, typer.Option(metavar="NEXT", help="Go on behind an earlier page.")]


@app.command("list", epilog="Example: conversation-events deliveries list --state retrying --type 'conversation.*'")
def show_some(  # noqa: PLR0913 - each is an option of the command
    *,
    endpoint: At = None,
    state: Annotated[State | None, typer.Option(help="In this state alone.")] = None,
    event_type: Type = None,
    since: Since = None,
    limit: Limit = 50,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List deliveries: of waiting and retrying ones those that are next, of all others the newest."""
    _show(endpoint, state, event_type, since, limit, after, as_json=as_json)


@app.command(epilog="Example: conversation-events deliveries dead --endpoint ep_0123456789abcdef --since 7d")
def dead(
    *,
    endpoint: At = None,
    event_type: Type = None,
    since: Since = None,
    limit: Limit = 50,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List dead deliveries, the last to die first. They are kept for 30 days, with their events."""
    _show(endpoint, "dead", event_type, since, limit, after, as_json=as_json)


app.command(epilog=retrying.EXAMPLE)(retrying.retry)


def _show(  # noqa: PLR0913 - what the two commands have in common
    endpoint: str | None, state: State | None, event_type: str | None, since: str | None, limit: int,
    after: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    position = None if after is None else position_of(after)
    if after is not None and position is None:
        fail(USAGE, "after: must be what an earlier page had as next")
    if event_type is not None and not valid(event_type):
        fail(USAGE, "type: is no type and no pattern; for example conversation.* or message.received")
    wanted = WantedDeliveries(limit, position, endpoint, state, event_type, since_ms(since))

    async def run(redis: Redis, keys: Keys) -> RowPage | None:
        return await delivery_page(redis, keys, wanted)

    found = on_redis(load_settings(), run)
    if found is None:
        fail(FAILED, absent(str(endpoint)))
    _print(found, as_json=as_json)


def _print(found: RowPage, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    if found.deliveries:
        Console().print(delivery_table(found.deliveries))
    elif found.next is None:
        say("There is no such delivery.")
    if found.next is not None:
        say(f"More: --after {found.next}")
