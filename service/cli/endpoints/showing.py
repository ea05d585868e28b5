"""`endpoints list` and `endpoints show`."""

from redis.asyncio import Redis
from rich.console import Console

from service.cli.configuration import load_settings
from service.cli.endpoints.access import on_redis, shown
from service.cli.endpoints.options import AsJson, Identifier
from service.cli.endpoints.printing import absent, fail, print_fields, print_json, say, table
from service.cli.failures import FAILED
from service.endpoints.shown import Shown
from service.store import endpoints
from service.store.keys import Keys

LIST_EXAMPLE = "Example: conversation-events endpoints list --json"
SHOW_EXAMPLE = "Example: conversation-events endpoints show ep_0123456789abcdef"


def show_all(*, as_json: AsJson = False) -> None:
    """List the endpoints, with their state and the number of deliveries that they have missed."""
    settings = load_settings()

    async def run(redis: Redis, keys: Keys) -> list[Shown]:
        known = await endpoints.listing(redis, keys)
        # The table has nothing in it that is sealed, so SECRET_KEY is not needed for it.
        return await shown(redis, keys, settings if as_json else None, *known.endpoints.values())

    found = on_redis(settings, run)
    if as_json:
        print_json({"endpoints": found})
    elif found:
        Console().print(table(found))
    else:
        say("There is no endpoint yet. Add one: conversation-events endpoints add https://example.com/hooks")


def show(endpoint_id: Identifier, *, as_json: AsJson = False) -> None:
    """Show all of one endpoint but its secret and the values of its headers."""
    settings = load_settings()

    async def run(redis: Redis, keys: Keys) -> list[Shown]:
        endpoint = await endpoints.get(redis, keys, endpoint_id)
        return await shown(redis, keys, settings, endpoint) if endpoint else []

    found = on_redis(settings, run)
    if not found:
        fail(FAILED, absent(endpoint_id))
    print_fields(found[0], as_json=as_json)
