"""Events that rules wait for, and what rules ask for."""

from typing import Any

import msgspec

from service.events.event import StoredEvent
from service.events.types import event_type
from service.rules.asked import Asked, CloseArguments
from service.rules.matching import follow
from service.rules.rules import Rules
from tests.sample_events import stored_event

NOW = 1_795_179_600_000
"""2026-11-20T13:00:00Z in milliseconds, an hour before the time of the sample events."""


def event(name: str, data: object, **changes: object) -> StoredEvent:
    """Return an event of a source that names its events itself."""
    source = {"call": "call", "message": "message", "intelligence": "intelligence"}[name.partition(".")[0]]
    return stored_event(kind=name, source=source, data=msgspec.json.encode(data), **changes)


def communication(author: object = None, **data: object) -> StoredEvent:
    """Return a COMMUNICATION_CREATED of a customer, or of somebody else."""
    sender = {"address": "+12025550123", "channel": "SMS", "participantId": "conv_participant_1"}
    whole = {"id": "conv_communication_1", "author": author or sender, **data}
    return stored_event(data=msgspec.json.encode(whole))


def message(text: str, sender: str = "+12025550123") -> StoredEvent:
    """Return a message that came in."""
    return event("message.received", {"MessageSid": "SM1", "From": sender, "To": "+12025550188", "Body": text})


def removed(kind: str | None, *addresses: tuple[str, str]) -> StoredEvent:
    """Return a PARTICIPANT_REMOVED."""
    listed = [{"channel": channel, "address": address} for channel, address in addresses]
    data = {"id": "conv_participant_1", "type": kind, "addresses": listed}
    return stored_event(kind="PARTICIPANT_REMOVED", data=msgspec.json.encode(data))


def result(operator: str, outcome: object, channels: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return one entry of an intelligence webhook."""
    about = {"id": f"intelligence_operator_{operator.lower()}", "displayName": operator}
    return {"operator": about, "result": outcome, "executionDetails": {"channels": list(channels)}}


def results(*found: object) -> StoredEvent:
    """Return the event of an intelligence webhook."""
    return event("intelligence.result", {"operatorResults": found})


def asked(rules: Rules, happened: StoredEvent, now_ms: int = NOW) -> tuple[Asked, ...]:
    """Return what the rules ask for."""
    return follow(rules, happened, event_type(happened), now_ms)


def close(name: str, delay: int = 0, **arguments: Any) -> Asked:  # noqa: ANN401 - members of the struct
    """Return what a close rule asks for."""
    return Asked("close", name, delay, msgspec.to_builtins(CloseArguments(**arguments)))
