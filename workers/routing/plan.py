"""PURE. The plan of one event: which endpoints get it, and which jobs its type asks for."""

from collections.abc import Iterable

import msgspec

from service.endpoints.endpoint import Endpoint
from service.endpoints.filters import matching
from service.events.event import StoredEvent
from service.events.route import Intent, Route
from service.events.rules import Rules
from service.events.times import fixed_width
from service.events.types import event_type


def plan(event: StoredEvent, endpoints: Iterable[Endpoint], rules: Rules) -> Route:
    """Return the route of an event: every endpoint with a matching type, and an intent for a matching close rule."""
    name = event_type(event)
    chosen = tuple(endpoint.id for endpoint in endpoints if matching(endpoint.types, name))
    return Route(event, chosen, _intents(event, name, rules))


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
