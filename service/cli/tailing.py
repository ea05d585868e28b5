"""`events tail`: the end of the log, and what comes to it."""

import asyncio
from typing import Annotated

import typer
from redis.asyncio import Redis

from service.cli.configuration import load_settings
from service.cli.endpoints.access import on_redis
from service.cli.endpoints.options import AsJson
from service.cli.endpoints.printing import fail, say
from service.cli.failures import USAGE
from service.cli.tables import event_line
from service.endpoints.filters import matching, valid
from service.events.envelope import envelope
from service.events.event import StoredEvent
from service.events.types import event_type
from service.store import heads
from service.store.events import fetch_entries, newest
from service.store.keys import Keys
from service.store.search import Wanted, search

EXAMPLE = "Example: conversation-events events tail --follow --type 'conversation.*'"
LOOK = 0.5
"""Seconds between looks for new events."""


def tail(
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
    event_type: Annotated[str | None, typer.Option("--type", help="A type, or a pattern.")] = None,
    conversation: Annotated[str | None, typer.Option(help="Events of this conversation alone.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="Events to begin with.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the newest events, a line each; with --json as their subscribers get them."""
    if event_type is not None and not valid(event_type):
        fail(USAGE, "type: is no type and no pattern; for example conversation.* or message.received")
    wanted = Wanted(limit, None, event_type, conversation)

    async def run(redis: Redis, keys: Keys) -> bool:
        return await _Tail(redis, keys, wanted, as_json=as_json).run(follow=follow)

    try:
        if not on_redis(load_settings(), run):
            say("There is no such event yet.")
    except KeyboardInterrupt:
        # That is how one stops to follow.
        return


class _Tail:
    def __init__(self, redis: Redis, keys: Keys, wanted: Wanted, *, as_json: bool) -> None:
        self._redis, self._keys, self._wanted, self._as_json = redis, keys, wanted, as_json

    async def run(self, *, follow: bool) -> bool:
        """Print; return whether there was anything."""
        end = (await newest(self._redis, self._keys, limit=1)).events
        at = end[0].entry_id if end else "0-0"
        found = [one for one in await self._newest() if _order(one.entry_id) <= _order(at)]
        await self._print(found)
        while follow:
            at = await self._later(at)
            await asyncio.sleep(LOOK)
        return bool(found)

    async def _newest(self) -> list[StoredEvent]:
        """Return the newest events that are wanted, oldest first."""
        found: list[StoredEvent] = []
        wanted = self._wanted
        while len(found) < self._wanted.limit:
            page = await search(self._redis, self._keys, wanted)
            found += page.events
            if page.next is None:
                break
            wanted = Wanted(self._wanted.limit, page.next, wanted.type, wanted.conversation_id)
        return found[: self._wanted.limit][::-1]

    async def _later(self, at: str) -> str:
        """Print what came behind the entry `at`, and return the last entry looked at."""
        while events := await heads.oldest_first(self._redis, self._keys, f"({at}", "+"):
            await self._print([event for event in events if self._meant(event)])
            at = events[-1].entry_id
        return at

    def _meant(self, event: StoredEvent) -> bool:
        if self._wanted.conversation_id not in {None, event.conversation_id}:
            return False
        return self._wanted.type is None or matching((self._wanted.type,), event_type(event)) is not None

    async def _print(self, events: list[StoredEvent]) -> None:
        if not self._as_json:
            for event in events:
                typer.echo(event_line(event))
            return
        for whole in await fetch_entries(self._redis, self._keys, [event.entry_id for event in events]):
            if whole is not None:
                typer.echo(envelope(whole))


def _order(entry_id: str) -> tuple[int, int]:
    ms, _, number = entry_id.partition("-")
    return int(ms), int(number or 0)
