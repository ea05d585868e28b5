"""Events of all kinds as the parsers make them, and a log that appends them one after another."""

from typing import Any

import msgspec
from redis import Redis

from service.events.correlation import addresses
from service.events.event import Event, StoredEvent
from service.store.client import script
from service.store.event_log import Appended, append_call, appended
from service.store.keys import Keys
from tests.stored_events import stored_events

WEEK = 7 * 86400
CUSTOMER, BUSINESS = "+12025550123", "+12025550188"
PAIR = addresses("SMS", CUSTOMER, BUSINESS) or ""

_EVENT = Event(
    id="evt_", kind="", timestamp="2026-11-20T14:00:00Z", source="message", account_id=None, conversation_id=None,
    resource_id=None, version=None, status=None, data=b"{}",
)  # fmt: skip


def sid(letters: str, number: int = 1) -> str:
    """Return a SID."""
    return f"{letters}{number:032}"


def event(event_id: str, kind: str, **more: object) -> Event:
    """Return an event with these members."""
    return msgspec.structs.replace(_EVENT, id=f"evt_{event_id}", kind=kind, **more)


def said(event_id: str, conversation: str, *names: str, **more: object) -> Event:
    """Return a communication that names its conversation, and is known by these names."""
    own = {"source": "orchestrator", "conversation_id": conversation, "resource_id": event_id, "names": names}
    return event(event_id, "COMMUNICATION_CREATED", **{**own, **more})


def status(conversation: str, word: str, event_id: str = "", **more: object) -> Event:
    """Return a callback that a conversation has this status."""
    own = {"source": "orchestrator", "conversation_id": conversation, "resource_id": conversation, "status": word}
    return event(event_id or f"{conversation}_{word}", "CONVERSATION_UPDATED", **{**own, **more})


def reported(event_id: str, *names: str, kind: str = "message.received", **more: object) -> Event:
    """Return an event that names no conversation."""
    return event(event_id, kind, names=names, **more)


def ranked(event_id: str, resource: str, rank: str, **more: object) -> Event:
    """Return a report of a message's state."""
    return event(event_id, "message.sent", **{"resource_id": resource, "rank": rank, "names": (resource,), **more})


class Traffic:
    """A log, an hour long unless it is said otherwise."""

    def __init__(self, redis: Redis, keys: Keys, retention: int = WEEK) -> None:
        self.redis, self.keys, self.retention = redis, keys, retention
        self._append = redis.register_script(script("append").text)

    def __call__(self, *happened: Event, oldest: str = "") -> list[Appended]:
        """Append events and return what became of each."""
        return [self._one(each, oldest) for each in happened]

    def _one(self, happened: Event, oldest: str) -> Appended:
        names, args = append_call(happened, self.keys, self.retention, oldest)
        reply: Any = self._append(keys=names, args=args)
        return appended(reply)

    @property
    def stored(self) -> list[StoredEvent]:
        """All events, in order."""
        return stored_events(self.redis, self.keys)

    def known_by(self, name: str) -> str | None:
        """Return the conversation that is known by a name."""
        key = self.keys.known_by(name)
        found: Any = self.redis.get(key) if name == PAIR else self.redis.hget(key, "conversation")
        return found.decode() if found else None
