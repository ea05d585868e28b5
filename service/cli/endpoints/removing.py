"""`endpoints remove`."""

import sys

from redis.asyncio import Redis

from service.cli.configuration import load_settings
from service.cli.endpoints.access import on_redis
from service.cli.endpoints.options import AsJson, Identifier, Yes
from service.cli.endpoints.printing import absent, confirm, fail, print_json, say
from service.cli.failures import FAILED
from service.settings import Settings
from service.store import endpoints
from service.store.backlog import Backlog, backlog
from service.store.keys import Keys

EXAMPLE = "Example: conversation-events endpoints remove ep_0123456789abcdef"


def remove(endpoint_id: Identifier, *, yes: Yes = False, as_json: AsJson = False) -> None:
    """Remove an endpoint, with all that waits for it and all that it has missed; on a terminal, asks before that."""
    settings = load_settings()
    before = _before(settings, endpoint_id)
    if before is None:
        fail(FAILED, absent(endpoint_id))
    if _anything(before) and not yes and sys.stdin.isatty():
        confirm(f"{said(before)} will be dropped. Remove {endpoint_id}?")
    if not on_redis(settings, lambda redis, keys: endpoints.remove(redis, keys, endpoint_id)):
        fail(FAILED, absent(endpoint_id))
    if as_json:
        print_json({"id": endpoint_id, "removed": True, "waiting": before.waiting, "missed": before.missed})
    else:
        say(f"Removed {endpoint_id}." + (f" {said(before)} are dropped." if _anything(before) else ""))


def said(before: Backlog) -> str:
    """Return what an endpoint has before it, as part of a sentence. Pure."""
    return f"{before.waiting} deliveries that wait and {before.missed} that were missed"


def _anything(before: Backlog) -> bool:
    return before.waiting + before.missed > 0


def _before(settings: Settings, endpoint_id: str) -> Backlog | None:
    async def run(redis: Redis, keys: Keys) -> Backlog | None:
        endpoint = await endpoints.get(redis, keys, endpoint_id)
        return await backlog(redis, keys, endpoint_id) if endpoint else None

    return on_redis(settings, run)
