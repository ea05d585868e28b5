"""What stands in Redis, read without the program's connections."""

from typing import Any

from redis import Redis

from service.events.event import StoredEvent
from service.events.types import event_type
from service.store.events import stored_event
from service.store.keys import Keys


def stored_events(redis: Redis, keys: Keys) -> list[StoredEvent]:
    """Return all events of the log; `redis` replies in bytes."""
    entries: Any = redis.xrange(keys.events)
    return [stored_event(entry) for entry in entries]


def stored_types(redis: Redis, keys: Keys) -> list[str]:
    """Return the public types of all events of the log."""
    return [event_type(event) for event in stored_events(redis, keys)]


def counted(redis: Redis, keys: Keys, name: str) -> int:
    """Return a counter."""
    return int(redis.hget(keys.stats, name) or 0)


def entries(redis: Redis, stream: str) -> list[dict[bytes, bytes]]:
    """Return the fields of all entries of a stream."""
    found: Any = redis.xrange(stream)
    return [fields for _, fields in found]


def everything(redis: Redis) -> dict[bytes, bytes | None]:
    """Return all keys with their contents, in Redis's own serialisation; lives left out."""
    names: Any = redis.keys()
    return {name: redis.dump(name) for name in names}
