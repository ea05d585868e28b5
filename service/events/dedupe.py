"""PURE. The identity of an event, bound to signed content and never to a header.

The same key gives the same event id everywhere: on a repeated callback, on a second callback about the same state,
and (later) on what reconciliation finds through REST.
"""

import hashlib
from collections.abc import Mapping

import msgspec

_canonical = msgspec.json.Encoder(order="sorted").encode
_ID_DIGITS = 32

# The members that carry state, by resource. What REST may show and a callback leaves out (the configuration snapshot,
# our own times) stays out, so that both sides give the same key.
_CONVERSATION = ("status", "name", "metadata")
_PARTICIPANT = ("name", "type", "profileId", "addresses")
_COMMUNICATION = ("author", "content", "recipients")
_ONCE = frozenset({"CONVERSATION_CREATED", "PARTICIPANT_ADDED", "COMMUNICATION_CREATED"})
_REPEATED = {
    "CONVERSATION_UPDATED": _CONVERSATION,
    "PARTICIPANT_UPDATED": _PARTICIPANT,
    "PARTICIPANT_REMOVED": _PARTICIPANT,
    "COMMUNICATION_UPDATED": _COMMUNICATION,
}


def event_id(*parts: str) -> str:
    """Return `evt_` and 32 hexadecimal digits that stand for these parts, the same for ever."""
    return "evt_" + hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_ID_DIGITS]


def callback_id(kind: str, data: Mapping[str, object], version: str | None, body: bytes) -> str:
    """Return the event id of an Orchestrator callback.

    Created and added: (kind, `data.id`). Updated and removed: (kind, `data.id`, `data.updatedAt`, hash of the members
    that carry state), so that ACTIVE → INACTIVE → ACTIVE stays three. Without `updatedAt`, without an id, and for
    kinds that we do not know, only byte-equal bodies are repeats.
    """
    identity = data.get("id")
    if isinstance(identity, str) and identity:
        if kind in _ONCE:
            return event_id(kind, identity)
        if kind in _REPEATED and version is not None:
            return event_id(kind, identity, version, _state(_REPEATED[kind], data))
    return event_id("body", hashlib.sha256(body).hexdigest())


def _state(members: tuple[str, ...], data: Mapping[str, object]) -> str:
    held = {name: data[name] for name in members if data.get(name) not in (None, {}, [], "")}
    return hashlib.sha256(_canonical(held)).hexdigest()
