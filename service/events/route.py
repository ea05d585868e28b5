"""PURE. What routing decides of one event."""

import msgspec

from service.events.event import StoredEvent


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A job that a rule asks for; `at` is the time of the decision, ISO 8601 in UTC."""

    kind: str
    job_id: str
    conversation_id: str
    event_id: str
    rule: str
    at: str


class Route(msgspec.Struct, frozen=True):
    """Where one event goes: the ids of endpoints, and the jobs it causes."""

    event: StoredEvent
    endpoint_ids: tuple[str, ...]
    intents: tuple[Intent, ...]
