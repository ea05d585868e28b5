"""What is known of a conversation: kept by the append script, read here."""

from typing import Any

import msgspec
from redis.asyncio import Redis

from service.store.keys import Keys


class Conversation(msgspec.Struct, frozen=True):
    """A conversation's state. `updated_at` is in the fixed width; `sequence` counts its events."""

    id: str
    status: str | None
    updated_at: str | None
    sequence: int
    close_job_id: str | None


async def fetch(redis: Redis, keys: Keys, conversation_id: str) -> Conversation | None:
    """Return a conversation, None where none of its events is known (any more). Raises RedisError."""
    pipeline = redis.pipeline(transaction=False)
    pipeline.hmget(keys.conversation(conversation_id), "status", "updated_at", "sequence")
    pipeline.get(keys.conversation_close(conversation_id))
    (status, updated_at, sequence), job = await pipeline.execute()
    if sequence is None:
        return None
    return Conversation(conversation_id, _text(status), _text(updated_at), int(sequence), _text(job))


def _text(value: Any) -> str | None:  # noqa: ANN401 - what Redis replied
    return value.decode() if value else None
