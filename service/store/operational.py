"""Operational events: what this service itself has to say, appended to the same log and delivered like any other."""

import time
from collections.abc import Mapping

import msgspec
from redis import Redis

from service.events.dedupe import event_id
from service.events.event import Event
from service.events.times import from_milliseconds
from service.store.client import script
from service.store.event_log import append_call
from service.store.keys import Keys

_canonical = msgspec.json.Encoder(order="sorted").encode


def raise_event(redis: Redis, keys: Keys, retention: int, name: str, data: Mapping[str, object]) -> None:
    """Append an operational event of the type `name`; repeated with the same data it is the same event.

    `retention` is the log's life in seconds. A `conversation_id` in the data puts it into that conversation's
    sequence. Raises redis.exceptions.RedisError.
    """
    now_ms = int(time.time() * 1000)
    content = _canonical(data)
    conversation = data.get("conversation_id")
    event = Event(
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
    names, args = append_call(event, keys, retention, "")
    redis.eval(script("append").text, len(names), *names, *args)
