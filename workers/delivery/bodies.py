"""The bodies of events on their way out: built once in a process, kept while they are likely to be needed."""

from collections import OrderedDict
from collections.abc import Iterable

import msgspec
from redis.asyncio import Redis

from service.events.envelope import envelope
from service.events.event import StoredEvent
from service.store.events import fetch_entries
from service.store.keys import Keys

MOST_BYTES = 32 * 1024 * 1024
"""Bytes of bodies kept in one process."""


class Body(msgspec.Struct, frozen=True):
    """An event and its serialised envelope."""

    event: StoredEvent
    content: bytes


class Bodies:
    """Bodies by entry id; the oldest leave when there are too many bytes."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        """Nothing is kept before the first event."""
        self._redis, self._keys = redis, keys
        self._kept: OrderedDict[str, Body] = OrderedDict()
        self._bytes = 0

    def remember(self, event: StoredEvent) -> Body:
        """Return an event's body and keep it."""
        known = self._kept.get(event.entry_id)
        if known is not None:
            return known
        body = Body(event, envelope(event))
        self._kept[event.entry_id] = body
        self._bytes += len(body.content)
        while self._bytes > MOST_BYTES:
            self._bytes -= len(self._kept.popitem(last=False)[1].content)
        return body

    async def of(self, entry_ids: Iterable[str]) -> dict[str, Body]:
        """Return the bodies of these entries; one that the log does not have is left out. Raises RedisError."""
        wanted = dict.fromkeys(entry_ids)
        bodies = {i: self._kept[i] for i in wanted if i in self._kept}
        absent = [i for i in wanted if i not in bodies]
        if absent:
            for event in await fetch_entries(self._redis, self._keys, absent):
                if event is not None:
                    bodies[event.entry_id] = self.remember(event)
        return bodies
