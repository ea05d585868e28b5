"""PURE. The event as the receiver hands it to the log, and as the log hands it on."""

from typing import Literal

import msgspec

Source = Literal[
    "orchestrator", "reconciliation", "service", "message", "call", "relay", "transcription", "classic", "debugger",
    "intelligence", "eventstreams",
]  # fmt: skip
"""Who tells: the Orchestrator's callbacks, our look at its REST API, ourselves, or another of Twilio's products."""

Words = Literal["captured", "transcribed"]
"""The two sources of what was said in a call."""

SCHEMA = 1
"""Number of the entry's layout in the log; two versions of this service may run side by side."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event that is not stored yet.

    `kind` is the sender's own name of it (`CONVERSATION_UPDATED`); the public type is decided when it is routed,
    from the kind and the status that the conversation had before. `timestamp` is the sender's text, `data` the
    sender's bytes. `resource_id` and `version` (fixed width, UTC) name the resource whose state `data` is; they tell
    a late state from a new one. `occurred` is the signed time in the same width, where there is one: it tells an event
    that is older than the log. `rank` places the state of `resource_id` among its others where no time does ("0" to
    "9", 9 is final). `names` are those of service.events.correlation: an event that knows its conversation makes it
    known by them, one that does not is looked up by them, the best first. `words` is set where speech of a call is
    told: captured by the Orchestrator, or transcribed in real time; the first of `names` is then the call's SID.
    """

    id: str
    kind: str
    timestamp: str
    source: Source
    account_id: str | None
    conversation_id: str | None
    resource_id: str | None
    version: str | None
    status: str | None
    data: bytes
    occurred: str | None = None
    rank: str | None = None
    names: tuple[str, ...] = ()
    words: Words | None = None


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it stands in the log.

    `sequence` counts the conversation's events from 1 in the order of storage, None without conversation.
    `previous_status` is what the conversation's status was before; `late` marks a state that had been overtaken.
    `correlated_by` says by what kind of name an event that names no conversation found it. `other_source`: the words
    of this call are told by the other source too.
    """

    entry_id: str
    id: str
    kind: str
    timestamp: str
    source: str
    account_id: str | None
    conversation_id: str | None
    status: str | None
    previous_status: str | None
    sequence: int | None
    late: bool
    data: bytes
    correlated_by: Literal["sid", "addresses"] | None = None
    other_source: bool = False
