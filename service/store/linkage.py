"""What is broken between conversations and memory, by configuration and hour, and which closes are to be looked at.

Twilio reports it nowhere. A sample of the closed conversations is looked at some minutes after their end.
"""

import time
from collections import Counter
from typing import Any

import msgspec
from redis import Redis

from service.events.times import fixed_width, from_milliseconds
from service.events.types import CLOSED
from service.store.jobs import Intent, as_text, live_key
from service.store.keys import Keys

KIND = "linkage"
KEPT = 2 * 86400
"""Seconds for which an hour's counters are kept."""
DAY = 24
"""Hours that are judged together."""
NO_CONFIGURATION = "none"
"""Stands for the configuration of a conversation whose own was given inline, or is not known."""
LATER = 600_000
"""Milliseconds after its end until a conversation is looked at: memory is written late."""
MOST_AN_HOUR = 20
"""Conversations that are looked at; each costs two calls, and one for each customer where words are extracted."""
READ = 500
"""Events that are read at once, the newest: what a busier minute has besides is not in the sample."""


class Linkage:
    """The counters and the sample; every method raises redis.exceptions.RedisError as Redis says."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis, self._keys = redis, keys

    def count(self, configuration_id: str | None, word: str, number: int = 1) -> None:
        """Count what happened, by a word, in the hour of now."""
        if not number:
            return
        configuration = configuration_id or NO_CONFIGURATION
        key = self._keys.linkage(configuration, _hour())
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.hincrby(key, word, number)
        pipeline.expire(key, KEPT)
        pipeline.hincrby(self._keys.stats, f"linkage:{word}", number)
        pipeline.sadd(self._keys.linkage_configurations, configuration)
        pipeline.execute()

    def of_day(self) -> dict[str, Counter[str]]:
        """Return what the last 24 hours counted, by configuration."""
        found: dict[str, Counter[str]] = {}
        for configuration in map(as_text, self._redis.smembers(self._keys.linkage_configurations)):
            pipeline = self._redis.pipeline(transaction=False)
            for back in range(DAY):
                pipeline.hgetall(self._keys.linkage(configuration, _hour() - back))
            counted = found[configuration] = Counter()
            for hour in pipeline.execute():
                counted.update({as_text(word): int(number) for word, number in hour.items()})
        return found

    def sample(self) -> int:
        """Choose conversations that closed since the last call, within the hour's number, and return how many."""
        keys, now = self._keys, int(time.time() * 1000)
        cursor: Any = self._redis.hget(keys.linkage_state, "cursor")
        events: Any = self._redis.xrevrange(keys.events, min=b"(" + cursor if cursor else "-", count=READ)
        chosen = f"chosen:{_hour()}"
        left = MOST_AN_HOUR - int(self._redis.hget(keys.linkage_state, chosen) or 0)
        # What ended before we first looked is not ours to judge.
        closed = [fields[b"conv"] for _, fields in events if _closing(fields)][: max(left, 0)] if cursor else []
        pipeline = self._redis.pipeline(transaction=True)
        if closed:
            pipeline.zadd(keys.linkage_due, dict.fromkeys(closed, now + LATER))
        newest = events[0][0] if events else cursor or "0-0"
        state: dict[Any, Any] = {"cursor": newest, chosen: MOST_AN_HOUR - left + len(closed)}
        pipeline.delete(keys.linkage_state)
        pipeline.hset(keys.linkage_state, mapping=state)
        pipeline.execute()
        return len(closed)

    def due(self) -> list[str]:
        """Return the conversations whose time has come."""
        found: Any = self._redis.zrangebyscore(self._keys.linkage_due, "-inf", int(time.time() * 1000))
        return [as_text(each) for each in found]

    def looked_at(self, conversation_id: str) -> None:
        """Look at this conversation no more."""
        self._redis.zrem(self._keys.linkage_due, conversation_id)

    def untold(self, configuration: str, day: str) -> bool:
        """Return whether nobody has been told today that a configuration's link is broken."""
        return not self._redis.exists(self._keys.linkage_told(configuration, day))

    def told(self, configuration: str, day: str) -> None:
        """Note that it has been told."""
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.set(self._keys.linkage_told(configuration, day), 1, ex=KEPT)
        pipeline.hincrby(self._keys.stats, "linkage:broken", 1)
        pipeline.execute()


def _closing(fields: dict[bytes, bytes]) -> bool:
    closed = CLOSED.encode()
    return fields[b"st"] == closed and fields[b"prev"] != closed and not fields[b"late"]


def _hour() -> int:
    return int(time.time() // 3600)


def intent() -> Intent:
    """Return the wish for the job that looks, of which there is one."""
    now = int(time.time() * 1000)
    arguments = msgspec.json.encode({"subject": KIND}).decode()
    decided_at = fixed_width(from_milliseconds(now)) or ""
    return Intent(job_id=f"{KIND}-{now}", kind=KIND, decided_at=decided_at, arguments=arguments)


def is_wanted(redis: Redis, keys: Keys) -> bool:
    """Return whether no job looks at the link: there is none yet, it has died, or Redis was lost."""
    live = redis.get(live_key(keys, intent()))
    return live is None or not redis.exists(keys.job(as_text(live)))
