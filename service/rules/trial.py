"""PURE. `rules try`: an event as people have it, and what each rule says to it."""

from typing import Any

import msgspec

from service.events.event import StoredEvent
from service.events.times import from_milliseconds
from service.events.types import ACTIVE, CLOSED, INACTIVE, event_type
from service.rules import facts
from service.rules.asked import Asked
from service.rules.matching import barred, judged
from service.rules.rules import Rule, Rules

_BEFORE = {INACTIVE: ACTIVE, CLOSED: ACTIVE, ACTIVE: INACTIVE}
_ENTRY = "0-0"


class Said(msgspec.Struct, frozen=True):
    """What one rule says to an event: what it asks for, or why it asks for nothing."""

    section: str
    rule: str
    asks: Asked | None
    why_not: str | None = None


class Sample(msgspec.Struct, frozen=True):
    """An event to try rules with, its type, and what had to be assumed of it."""

    event: StoredEvent
    name: str
    assumed: str | None = None


class NoEventError(ValueError):
    """A text is no event that rules can be tried with; the message says what is missing."""


class _Envelope(msgspec.Struct):
    """What subscribers get."""

    type: str
    data: msgspec.Raw
    id: str = "evt_tried"
    timestamp: str | None = None
    source: str = "orchestrator"
    account_id: str | None = None
    conversation_id: str | None = None
    sequence: int | None = None
    late: bool = False


class _Callback(msgspec.Struct):
    """What Twilio sends to the Orchestrator's callback."""

    eventType: str  # noqa: N815 - Twilio's name
    data: dict[str, Any]
    timestamp: str | None = None


class _Either(msgspec.Struct):
    type: object = None
    eventType: object = None  # noqa: N815 - Twilio's name
    data: object = None


def sample(body: bytes, now_ms: int) -> Sample:
    """Return the event that a text is: an Orchestrator callback, or an envelope as subscribers get it.

    `now_ms` (milliseconds since 1970) is the time of an event that names none. Raises NoEventError.
    """
    try:
        either = msgspec.json.decode(body, type=_Either)
        if not isinstance(either.data, dict):
            raise NoEventError('it has no object "data"; give a callback of the Orchestrator, or what a subscriber got')
        if either.eventType is not None:
            return _of_callback(msgspec.json.decode(body, type=_Callback), now_ms)
        if either.type is not None:
            return _of_envelope(msgspec.json.decode(body, type=_Envelope), now_ms)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        # msgspec names the member and the type that was expected, never a value of it.
        said = str(error) if isinstance(error, msgspec.MsgspecError) else "it is not JSON in UTF-8"
        raise NoEventError(said) from None
    raise NoEventError('it has neither "eventType" (a callback of the Orchestrator) nor "type" (what a subscriber got)')


def said(rules: Rules, tried: Sample, now_ms: int) -> list[Said]:
    """Return what every rule says to an event at `now_ms`, in the order of the file."""
    told = facts.facts(tried.event, tried.name)
    refused = barred(rules, tried.event, now_ms)

    def one(section: str, rule: Rule) -> Said:
        when = rule.when if isinstance(rule.when, tuple) else (rule.when,)
        if tried.name not in when:
            return Said(section, rule.name, None, f"it waits for {' or '.join(when)}, and this is {tried.name}")
        found = refused or judged(rule, tried.event, tried.name, told, rules.customers)
        return Said(section, rule.name, found) if isinstance(found, Asked) else Said(section, rule.name, None, found)

    return [*(one("close", rule) for rule in rules.close), *(one("observe", rule) for rule in rules.observe)]


def _of_callback(callback: _Callback, now_ms: int) -> Sample:
    data = callback.data
    about = callback.eventType.startswith("CONVERSATION_")
    status = _text(data.get("status")) if about else None
    event = StoredEvent(
        entry_id=_ENTRY,
        id="evt_tried",
        kind=callback.eventType,
        timestamp=callback.timestamp or from_milliseconds(now_ms),
        source="orchestrator",
        account_id=_text(data.get("accountId")),
        conversation_id=_text(data.get("conversationId")) or (_text(data.get("id")) if about else None),
        status=status,
        previous_status=_BEFORE.get(status or ""),
        sequence=None,
        late=False,
        data=msgspec.json.encode(data),
    )
    changed = callback.eventType == "CONVERSATION_UPDATED" and event.previous_status
    assumed = f"taken for the change from {event.previous_status} to {status}" if changed else None
    return Sample(event, event_type(event), assumed)


def _of_envelope(envelope: _Envelope, now_ms: int) -> Sample:
    event = StoredEvent(
        entry_id=_ENTRY,
        id=envelope.id,
        kind=envelope.type,
        timestamp=envelope.timestamp or from_milliseconds(now_ms),
        source=envelope.source,
        account_id=envelope.account_id,
        conversation_id=envelope.conversation_id,
        status=None,
        previous_status=None,
        sequence=envelope.sequence,
        late=envelope.late,
        data=bytes(envelope.data),
    )
    return Sample(event, envelope.type)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
