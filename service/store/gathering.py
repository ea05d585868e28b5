"""What was gathered to be observed: the words, which stay in the event log until they are composed."""

from collections.abc import Sequence
from typing import Any

from redis import Redis

from service.events.event import StoredEvent
from service.store.events import stored_event
from service.store.keys import Keys


def events(redis: Redis, keys: Keys, event_ids: Sequence[str]) -> dict[str, StoredEvent]:
    """Return the events of these ids that the log still has. Raises redis.exceptions.RedisError."""
    pipeline = redis.pipeline(transaction=False)
    for event_id in event_ids:
        pipeline.get(keys.event(event_id))
    entry_ids: list[Any] = pipeline.execute() if event_ids else []
    for entry_id in entry_ids:
        if entry_id is not None:
            pipeline.xrange(keys.events, entry_id, entry_id)
    found = (stored_event(entries[0]) for entries in pipeline.execute() if entries)
    return {event.id: event for event in found}
