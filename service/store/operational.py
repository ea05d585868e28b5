"""Operational events: what this service itself has to say, appended to the same log and delivered like any other."""

import time
from collections.abc import Mapping

import msgspec
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from service.events.dedupe import event_id
from service.events.event import Event
from service.events.times import from_milliseconds
from service.store.client import run, script
from service.store.event_log import append_call
from service.store.keys import Keys

_canonical = msgspec.json.Encoder(order="sorted").encode


def operational_event(name: str, data: Mapping[str, object], now_ms: int) -> Event:
    """Return an operational event of the type `name`; repeated with the same data it is the same event.

    A `conversation_id` in the data puts it into that conversation's sequence. Pure.
    """
    content = _canonical(data)
    conversation = data.get("conversation_id")
    return Event(
        id=event_id(name, content.decode()),
        kind=name,
        timestamp=from_milliseconds(now_ms),
        source="service",
        account_id=None,
        conversation_id=conversation if isinstance(conversation, str) else None,
        resource_id=None,
        version=None,
        status=None,
        data=content,
    )


def raise_event(redis: Redis, keys: Keys, retention: int, name: str, data: Mapping[str, object]) -> None:
    """Append an operational event; `retention` is the log's life in seconds. Raises redis.exceptions.RedisError."""
    event = operational_event(name, data, int(time.time() * 1000))
    names, args = append_call(event, keys, retention, "")
    redis.eval(script("append").text, len(names), *names, *args)


async def announce(redis: AsyncRedis, keys: Keys, retention: int, name: str, data: Mapping[str, object]) -> bool:
    """Append an operational event unless it was raised before; return whether it is new. Raises RedisError."""
    event = operational_event(name, data, int(time.time() * 1000))
    if await redis.exists(keys.event(event.id)):
        return False
    names, args = append_call(event, keys, retention, "")
    await run(redis, script("append"), names, args)
    return True
