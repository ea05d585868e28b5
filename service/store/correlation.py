"""By which names conversations are known: learnt and looked up by the append script, told from elsewhere and read here.

Names are those of service.events.correlation. Whatever is known by a SID keeps its conversation when that has closed;
two addresses stand for the conversation that they are in now.
"""

from typing import Any

from redis.asyncio import Redis

from service.events.correlation import ADDRESSES
from service.store.client import run, script
from service.store.event_log import OPEN_CONVERSATION_LIFE
from service.store.keys import Keys

NOTED = 7 * 86400
"""Seconds for which a SID is kept that no event has named yet; its first event sets them to the log's life."""


async def note(redis: Redis, keys: Keys, name: str, conversation_id: str) -> None:
    """Make a conversation known by a name before one of its events does. Raises redis.exceptions.RedisError.

    A SID keeps the open conversation that it has; two addresses are those of the conversation that came last, and lead
    to it from its first event on.
    """
    if name.startswith(ADDRESSES):
        await redis.set(keys.addresses(name), conversation_id, ex=OPEN_CONVERSATION_LIFE)
    else:
        await run(redis, script("note"), (keys.resource(name),), (conversation_id, keys.conversation(""), NOTED * 1000))


async def known_by(redis: Redis, keys: Keys, name: str) -> str | None:
    """Return the id of the conversation that is known by a name. Raises redis.exceptions.RedisError."""
    key = keys.known_by(name)
    found: Any = await (redis.get(key) if name.startswith(ADDRESSES) else redis.hget(key, "conversation"))
    return found.decode() if found else None
