"""PURE. From a resource as REST shows it to the very event that a callback would have made of it.

The callback is written anew and read by the parser of callbacks, so that both sides give the same id, names and state.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from service.events.dedupe import event_id
from service.events.event import Event
from service.events.times import fixed_width
from service.events.types import ACTIVE
from service.twilio.callbacks import LONGEST_ID, MalformedCallbackError, parse
from service.twilio.resources.reading import Json, created_at, moment, text, updated_at

Kind = Literal["conversation", "participant", "communication"]

_CREATED: Mapping[Kind, str] = {
    "conversation": "CONVERSATION_CREATED",
    "participant": "PARTICIPANT_ADDED",
    "communication": "COMMUNICATION_CREATED",
}
_UPDATED: Mapping[Kind, str] = {
    "conversation": "CONVERSATION_UPDATED",
    "participant": "PARTICIPANT_UPDATED",
    "communication": "COMMUNICATION_UPDATED",
}
_OTHER_NAMES = {"createdAt": "dateCreated", "updatedAt": "dateUpdated", "occurredAt": "dateOccurred"}


class Found(msgspec.Struct, frozen=True):
    """A resource as REST shows it. `data` has the members of a callback's `data`; times have the fixed width."""

    kind: Kind
    id: str
    data: Json
    created_at: str | None
    updated_at: str | None

    @property
    def creation_id(self) -> str:
        """The id of the event of its creation."""
        return event_id(_CREATED[self.kind], self.id)

    @property
    def status(self) -> str | None:
        """The status that a conversation has; nothing else has one."""
        return text(self.data, "status") if self.kind == "conversation" else None

    def __repr__(self) -> str:
        """Return kind and id: what people said must not reach a log by chance."""
        return f"Found({self.kind} {self.id})"


def found(kind: Kind, raw: Mapping[str, Any], conversation_id: str, account_id: str | None) -> Found | None:
    """Return a resource of REST with what an answer may leave out and a callback has; None for one without a usable id.

    Some answers were seen with `dateCreated` in place of `createdAt`, and so on.
    """
    data = {"accountId": account_id, **raw} if account_id else dict(raw)
    if kind != "conversation":
        data = {"conversationId": conversation_id, **data}
    for name, other in _OTHER_NAMES.items():
        if data.get(name) is None and data.get(other) is not None:
            data[name] = data[other]
    own = text(data, "id")
    if own is None or len(own) > LONGEST_ID:
        return None
    return Found(kind, own, data, created_at(data) or moment(data, "occurredAt"), updated_at(data))


def creation(one: Found, now_ms: int) -> Event | None:
    """Return the event of a resource's creation, at the time of its creation; None for what no callback could tell.

    `data` is the resource as it is now, since nobody has kept what it was. State and version are those of its birth, so
    that the change to what it is now is told by an event of its own. `now_ms` stands in for a time that nobody says.
    """
    made = _event(_CREATED[one.kind], one, "createdAt", now_ms)
    if made is None:
        return None
    born = ACTIVE if one.kind == "conversation" else None
    return msgspec.structs.replace(made, status=born, version=one.created_at or made.version)


def latest(one: Found, now_ms: int) -> Event | None:
    """Return the event of a resource's latest state, at the time of that; None for what no callback could tell."""
    return _event(_UPDATED[one.kind], one, "updatedAt", now_ms)


def _event(kind: str, one: Found, time: str, now_ms: int) -> Event | None:
    at = next((one.data[name] for name in (time, "occurredAt", "updatedAt") if fixed_width(one.data.get(name))), None)
    body = msgspec.json.encode({"eventType": kind, "timestamp": at, "data": one.data})
    try:
        return msgspec.structs.replace(parse(body, now_ms), source="reconciliation")
    except MalformedCallbackError:
        return None
