"""PURE. The plan of one event: which endpoints get it and by which filter, and which jobs its type asks for."""

from collections.abc import Iterable

import msgspec

from service.endpoints.endpoint import Endpoint
from service.endpoints.filters import matching
from service.events.event import StoredEvent
from service.events.route import Intent, Route, Target
from service.events.rules import Rules
from service.events.times import fixed_width
from service.events.types import event_type

MOST_TYPES = 1000
"""Types of events whose targets are remembered."""


class Targets:
    """Which endpoints of one listing want which events: found once for a type, since a thousand endpoints may ask."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        """The endpoints never change; a new listing has targets of its own."""
        self._endpoints = tuple(endpoints)
        self._known: dict[tuple[str, bool], tuple[Target, ...]] = {}

    def of(self, name: str, *, in_conversation: bool) -> tuple[Target, ...]:
        """Return the targets of an event of the type `name`."""
        key = (name, in_conversation)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST_TYPES:
                self._known.clear()
            found = self._known[key] = tuple(targets(self._endpoints, name, in_conversation=in_conversation))
        return found


def targets(endpoints: Iterable[Endpoint], name: str, *, in_conversation: bool) -> Iterable[Target]:
    """Return every endpoint with a filter that the type `name` matches, and how it gets the event."""
    for endpoint in endpoints:
        found = matching(endpoint.types, name)
        if found is None:
            continue
        if endpoint.disabled is not None:
            yield Target(endpoint.id, found, "skip")
        else:
            yield Target(endpoint.id, found, "in_order" if endpoint.ordered and in_conversation else "at_once")


def plan(event: StoredEvent, wanted: Targets, rules: Rules) -> Route:
    """Return the route of an event: every endpoint that wants it, and an intent for a matching close rule."""
    name = event_type(event)
    found = wanted.of(name, in_conversation=event.conversation_id is not None)
    return Route(event, found, _intents(event, name, rules))


class _Version(msgspec.Struct):
    updatedAt: object = None  # noqa: N815 - Twilio's name


_version = msgspec.json.Decoder(_Version).decode


def _intents(event: StoredEvent, name: str, rules: Rules) -> tuple[Intent, ...]:
    rule = rules.close_rule(name)
    if rule is None or event.conversation_id is None:
        return ()
    return (
        Intent(
            kind="close",
            job_id=f"close-{event.id}",
            conversation_id=event.conversation_id,
            event_id=event.id,
            rule=rule.name,
            # Not the callback's own time: what was said between the change and its callback is newer than the change.
            at=fixed_width(_version(event.data).updatedAt) or event.timestamp,
        ),
    )
