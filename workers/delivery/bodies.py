"""The bodies of events on their way out: built once in a process, kept while they are likely to be needed."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis

from service.events.delivery import Claim
from service.events.envelope import envelope
from service.events.event import StoredEvent
from service.store.events import fetch_entries
from service.store.keys import Keys

log = structlog.get_logger()

MOST_BYTES = 32 * 1024 * 1024
"""Bytes of bodies kept in one process."""
LARGE = 20 * 1024
"""Bytes of a body that subscribers' servers may find too large: it is said in the log."""


class _Dead(msgspec.Struct):
    body: str | None = None


_dead = msgspec.json.Decoder(_Dead).decode


class Bodies:
    """Bodies by entry id; the oldest leave when there are too many bytes."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        """Nothing is kept before the first event."""
        self._redis, self._keys = redis, keys
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def remember(self, event: StoredEvent) -> bytes:
        """Return an event's body and keep it."""
        known = self._kept.get(event.entry_id)
        if known is not None:
            return known
        body = self._kept[event.entry_id] = envelope(event)
        if len(body) > LARGE:
            log.warning("event.large", event_id=event.id, bytes=len(body))
        self._bytes += len(body)
        while self._bytes > MOST_BYTES:
            self._bytes -= len(self._kept.popitem(last=False)[1])
        return body

    async def of(self, claims: Sequence[Claim]) -> dict[str, bytes]:
        """Return the bodies of these claims by entry id; one that is gone is left out. Raises RedisError."""
        bodies = {claim.entry_id: self._kept[claim.entry_id] for claim in claims if claim.entry_id in self._kept}
        absent = {claim.entry_id: claim for claim in claims if claim.entry_id not in bodies}
        if absent:
            for event in await fetch_entries(self._redis, self._keys, list(absent)):
                if event is not None:
                    bodies[event.entry_id] = self.remember(event)
                    del absent[event.entry_id]
            bodies |= await self._copies([claim for claim in absent.values() if claim.first > 1])
        return bodies

    async def _copies(self, claims: Sequence[Claim]) -> dict[str, bytes]:
        """What died before, and is tried again, owns a copy of its event, which may outlive the log's."""
        found = {}
        for claim in claims:
            record: Any = await self._redis.hget(self._keys.dead(claim.endpoint_id), claim.event_id)
            body = _dead(record).body if record else None
            if body is not None:
                found[claim.entry_id] = body.encode()
        return found
