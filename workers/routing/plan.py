"""PURE. The plan of one event: which endpoints get it and by which filter, and what the rules ask for after it."""

from collections.abc import Iterable

from service.endpoints.endpoint import Endpoint
from service.endpoints.filters import matching
from service.events.event import StoredEvent
from service.events.route import Route, Target
from service.events.types import event_type
from service.rules.matching import follow
from service.rules.rules import Rules
from workers.routing.asking import asking

MOST_TYPES = 1000
"""Types of events whose targets are remembered."""


class Targets:
    """Which endpoints of one listing want which events: found once for a type, since a thousand endpoints may ask."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        """The endpoints never change; a new listing has targets of its own."""
        self._endpoints = tuple(endpoints)
        self._known: dict[tuple[str, bool, bool], tuple[Target, ...]] = {}

    def of(self, name: str, *, in_conversation: bool, forwarded: bool = True) -> tuple[Target, ...]:
        """Return the targets of an event of the type `name`, all of them passed over where it is not `forwarded`."""
        key = (name, in_conversation, forwarded)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST_TYPES:
                self._known.clear()
            wanted = targets(self._endpoints, name, in_conversation=in_conversation)
            found = self._known[key] = tuple(wanted if forwarded else passed_over(wanted))
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


def passed_over(wanted: Iterable[Target]) -> Iterable[Target]:
    """Return the targets of an event whose words they get from the other source."""
    return (Target(each.endpoint_id, each.filter, "other_source") for each in wanted)


def plan(event: StoredEvent, wanted: Targets, rules: Rules, now_ms: int = 0) -> Route:
    """Return the route of an event: every endpoint that wants it, and what the rules ask for.

    Words of a call that the rules do not forward, since they come from another source too, go nowhere, and no rule
    looks at them. `now_ms` (milliseconds since 1970) tells how old it is what reconciliation found.
    """
    name = event_type(event)
    forwarded = rules.transcription.forwards(event)
    found = wanted.of(name, in_conversation=event.conversation_id is not None, forwarded=forwarded)
    asked = follow(rules, event, name, now_ms)
    return asking(event, asked, found) if asked else Route(event, found, ())
