"""What reconciliation keeps in Redis, and what it asks and adds to the log; the side of the workers.

One pass runs at a time, so what it notes needs no fence; what it appends is told from what is there by its id.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from redis import Redis

from service.events.event import Event
from service.events.known import Known
from service.events.times import fixed_width, from_milliseconds
from service.store.client import Argument, run_sync, script
from service.store.event_log import Appended, append_call, appended, horizon
from service.store.jobs import as_text
from service.store.keys import Keys

GONE = "gone"
"""In place of a look, for a conversation that Twilio does not have any more."""
CLOCKS = timedelta(minutes=5)
"""By how much the watermark lies before installation: so wrong may a clock be, and the first callback so late."""
AT_ONCE = 500
"""Events of the log that one script reads: it holds up everybody else in Redis."""
TOGETHER = 200
"""Events that are appended by one write."""
REPAIRED = "repaired:"
"""What the counters of repairs begin with; the type follows."""
DELETED = "reconciliation:deleted"
"""The counter of conversations that were found deleted."""
PREVIEW_LIFE = 3600

Asked = Mapping[str, tuple[Sequence[str], Sequence[str]]]
"""By conversation: ids of resources whose versions, and ids of events whose presence is asked for."""


class Reconciliation:
    """One Redis; every method raises redis.exceptions.RedisError as Redis or the connection says."""

    def __init__(self, redis: Redis, keys: Keys, retention: int) -> None:
        """`retention` is the log's life in seconds."""
        self._redis, self._keys, self._retention = redis, keys, retention

    def since(self) -> str:
        """Return the watermark, in the fixed width; set at the first call, for ever.

        A log that is there already began before: then its oldest event is where our time began.
        """
        known = self._redis.hget(self._keys.reconciliation, "since")
        if known is None:
            self._redis.hsetnx(self._keys.reconciliation, "since", self._beginning())
            known = self._redis.hget(self._keys.reconciliation, "since")
        return as_text(known or b"")

    def _beginning(self) -> str:
        oldest: Any = self._redis.xrange(self._keys.events, count=1)
        times = [fixed_width(from_milliseconds(int(time.time() * 1000)))]
        times += [fixed_width(as_text(fields[b"ts"])) for _, fields in oldest]
        return earlier(min(at for at in times if at), CLOCKS)

    def horizon(self) -> str:
        """Return the time before which events of unknown conversations are refused by the log."""
        return horizon(self._retention, time.time())

    def read_log(self) -> None:
        """Note the conversations of all events since the last call: they are held, and reconciled."""
        names = (self._keys.events, self._keys.reconciliation, self._keys.reconciliation_held)
        while int(self._run("conversations_since", names, AT_ONCE)) == AT_ONCE:
            pass

    def held(self) -> dict[str, str]:
        """Return the last look at each conversation that is held, '' before the first."""
        found: Any = self._redis.hgetall(self._keys.reconciliation_held)
        return {as_text(one): as_text(look) for one, look in found.items()}

    def note(self, looks: Mapping[str, str], ended: Iterable[str] = ()) -> None:
        """Keep looks, and hold those that ended no more."""
        pipeline = self._redis.pipeline(transaction=False)
        if looks:
            pipeline.hset(self._keys.reconciliation_held, items=[text for look in looks.items() for text in look])
        for one in ended:
            pipeline.hdel(self._keys.reconciliation_held, one)
        pipeline.execute()

    def forget_gone(self, held: Mapping[str, str]) -> None:
        """Hold no more what is gone and forgotten by the log, too."""
        gone = [one for one, look in held.items() if look == GONE]
        self.note({}, [one for one in gone if not self._redis.exists(self._keys.conversation(one))])

    def take_hour(self, seconds: int) -> bool:
        """Return whether the pass that comes once in so many seconds is due; if so it is taken."""
        now, last = int(time.time()), self._redis.hget(self._keys.reconciliation, "hourly")
        if last is not None and 0 <= now - int(last) < seconds:
            return False
        self._redis.hset(self._keys.reconciliation, "hourly", now)
        return True

    def known(self, asked: Asked) -> dict[str, Known]:
        """Return what the log knows of conversations."""
        pipeline = self._redis.pipeline(transaction=False)
        for one, (resources, events) in asked.items():
            members = ["sequence", "status", "updated_at", *(f"at:{each}" for each in resources)]
            pipeline.hmget(self._keys.conversation(one), members)
            pipeline.hmget(self._keys.conversation_events(one), [*events, "-"])
        replies = iter(pipeline.execute())
        return {one: _known(one, *asked[one], next(replies), next(replies)) for one in asked}

    def append(self, events: Sequence[Event]) -> list[Appended]:
        """Return what became of each event, appended in this order."""
        code = script("append")
        self._redis.script_load(code.text)
        replies: list[Any] = []
        for begin in range(0, len(events), TOGETHER):
            pipeline = self._redis.pipeline(transaction=False)
            for event in events[begin : begin + TOGETHER]:
                names, args = append_call(event, self._keys, self._retention, self.horizon())
                pipeline.evalsha(code.sha, len(names), *names, *args)
            replies += pipeline.execute()
        return [appended(reply) for reply in replies]

    def count(self, names: Mapping[str, int]) -> None:
        """Add to the counters."""
        pipeline = self._redis.pipeline(transaction=False)
        for name, number in names.items():
            pipeline.hincrby(self._keys.stats, name, number)
        pipeline.execute()

    def keep(self, told: msgspec.Struct, preview_of: str | None = None) -> None:
        """Keep what a pass has come to, as the last one, or as the preview that a job made."""
        text = msgspec.json.encode(told)
        if preview_of is None:
            self._redis.hset(self._keys.reconciliation, "last", text)
        else:
            self._redis.set(self._keys.reconciliation_preview(preview_of), text, ex=PREVIEW_LIFE)

    def _run(self, name: str, keys: tuple[str, ...], *args: Argument) -> Any:  # noqa: ANN401 - each script its reply
        return run_sync(self._redis, script(name), keys, args)


def earlier(at: str, by: timedelta) -> str:
    """Return a time of the fixed width that is earlier by so much. Pure."""
    return fixed_width((datetime.fromisoformat(at) - by).isoformat()) or at


def _known(
    conversation: str, resources: Sequence[str], events: Sequence[str], state: Sequence[Any], held: Sequence[Any]
) -> Known:
    sequence, status, updated_at, *versions = (as_text(value) if value else None for value in state)
    seen = {each: version for each, version in zip(resources, versions, strict=True) if version}
    if updated_at:
        seen[conversation] = updated_at
    stored = frozenset(event for event, entry in zip(events, held[: len(events)], strict=True) if entry)
    return Known(int(sequence or 0), status, seen, stored)
