"""PURE. What routing decides of one event."""

from typing import Literal

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


class Target(msgspec.Struct, frozen=True):
    """An endpoint that an event is for, the filter that matched, and how it gets it.

    `at_once`: into the endpoint's stream; `in_order`: when its conversation's turn has come; `skip`: not at all, since
    the endpoint is disabled, but remembered so that it can be replayed.
    """

    endpoint_id: str
    filter: str
    way: Literal["at_once", "in_order", "skip"] = "at_once"


class Route(msgspec.Struct, frozen=True):
    """Where one event goes, and the jobs it causes."""

    event: StoredEvent
    targets: tuple[Target, ...]
    intents: tuple[Intent, ...]

    @property
    def endpoint_ids(self) -> tuple[str, ...]:
        """The endpoints that get it, now or when its turn has come."""
        return tuple(target.endpoint_id for target in self.targets if target.way != "skip")
