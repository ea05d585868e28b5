"""Finding events: by type and conversation, newest first, a bounded part of the log at a time."""

import msgspec
from redis.asyncio import Redis

from service.endpoints.filters import matching
from service.events.types import event_type
from service.store.events import Page, newest
from service.store.keys import Keys

SCAN = 200
"""Events read at once while a filter looks for its own."""
MOST_SCANNED = 5000
"""Events that one page looks through; the next page goes on from there."""


class Wanted(msgspec.Struct, frozen=True):
    """What to find: at most `limit` events older than the entry `after`; `type` is a name or a pattern."""

    limit: int
    after: str | None = None
    type: str | None = None
    conversation_id: str | None = None


async def search(redis: Redis, keys: Keys, wanted: Wanted) -> Page:
    """Return a page of matching events; fewer than `limit`, or none, may come with a `next` when they are rare.

    Raises redis.exceptions.RedisError.
    """
    found = []
    after, scanned = wanted.after, 0
    step = wanted.limit + 1 if wanted.type is None else SCAN
    while True:
        page = await newest(redis, keys, limit=step, after=after, conversation_id=wanted.conversation_id)
        found += [e for e in page.events if wanted.type is None or matching((wanted.type,), event_type(e))]
        after, scanned = page.next, scanned + step
        if len(found) > wanted.limit:
            return Page(found[: wanted.limit], found[wanted.limit - 1].entry_id)
        if after is None or len(found) == wanted.limit or scanned >= MOST_SCANNED:
            return Page(found, after)
