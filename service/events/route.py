"""PURE. What routing decides of one event."""

from typing import Literal

import msgspec

from service.events.event import StoredEvent

GATHER = 5
"""Seconds for which what one author says is gathered, before a job writes it down."""


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A job that a rule asks for, due `delay` seconds from now; `at` is the time of the decision, ISO 8601 in UTC.

    `arguments` is JSON that only the kind understands, '' for none.
    """

    kind: str
    job_id: str
    conversation_id: str
    event_id: str
    rule: str
    at: str
    delay: int = 0
    arguments: str = ""


class Gathering(msgspec.Struct, frozen=True):
    """What waits with others of its author, in JSON, and the intent that is written when it is the first."""

    author: str
    entry: str
    intent: Intent


DELIVERED = ("at_once", "in_order")
"""Ways that end at the endpoint."""


class Target(msgspec.Struct, frozen=True):
    """An endpoint that an event is for, the filter that matched, and how it gets it.

    `at_once`: into the endpoint's stream; `in_order`: when its conversation's turn has come; `skip`: not at all, since
    the endpoint is disabled, but remembered so that it can be replayed; `other_source`: not at all, since it gets the
    same words from the other source.
    """

    endpoint_id: str
    filter: str
    way: Literal["at_once", "in_order", "skip", "other_source"] = "at_once"


class Route(msgspec.Struct, frozen=True):
    """Where one event goes, and the jobs it causes."""

    event: StoredEvent
    targets: tuple[Target, ...]
    intents: tuple[Intent, ...]
    gatherings: tuple[Gathering, ...] = ()

    @property
    def endpoint_ids(self) -> tuple[str, ...]:
        """The endpoints that get it, now or when its turn has come."""
        return tuple(target.endpoint_id for target in self.targets if target.way in DELIVERED)
