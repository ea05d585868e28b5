"""Dead deliveries, which keep a copy of their event: the log may have forgotten it."""

from collections.abc import Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from service.store.keys import Keys


class _Record(msgspec.Struct):
    reason: str
    attempts: int
    at: str
    previous: str | None = None
    entry: str | None = None
    body: str | None = None


class _Envelope(msgspec.Struct):
    type: str
    conversation_id: str | None = None
    sequence: int | None = None


class DeadDelivery(msgspec.Struct, frozen=True):
    """Why a delivery died, when (ISO 8601 UTC), after how many attempts, and what is known of its event.

    `body` is what was to be sent; without it (None) the log had already lost the event, and nothing is known.
    """

    event_id: str
    reason: str
    attempts: int
    at: str
    previous: str | None
    entry_id: str | None
    body: bytes | None
    type: str | None = None
    conversation_id: str | None = None
    sequence: int | None = None


_record = msgspec.json.Decoder(_Record).decode
_envelope = msgspec.json.Decoder(_Envelope).decode


def dead_delivery(event_id: str, value: bytes) -> DeadDelivery:
    """Return a dead delivery's record as a value. Pure."""
    known = _record(value)
    body = None if known.body is None else known.body.encode()
    found = DeadDelivery(event_id, known.reason, known.attempts, known.at, known.previous, known.entry, body)
    if body is None:
        return found
    told = _envelope(body)
    return msgspec.structs.replace(found, type=told.type, conversation_id=told.conversation_id, sequence=told.sequence)


async def fetch(redis: Redis, keys: Keys, endpoint_id: str, event_ids: Sequence[str]) -> list[DeadDelivery | None]:
    """Return these dead deliveries of an endpoint, None for each that is not dead (any more). Raises RedisError."""
    if not event_ids:
        return []
    values: Any = await redis.hmget(keys.dead(endpoint_id), list(event_ids))
    return [value and dead_delivery(event_id, value) for event_id, value in zip(event_ids, values, strict=True)]
