"""Events for tests that begin behind the receiver."""

import msgspec

from service.events.event import StoredEvent
from tests.twilio_callbacks import ACCOUNT, CONVERSATION

_STORED = StoredEvent(
    entry_id="1-0",
    id="evt_one",
    kind="COMMUNICATION_CREATED",
    timestamp="2026-11-20T14:00:00Z",
    source="orchestrator",
    account_id=ACCOUNT,
    conversation_id=CONVERSATION,
    status=None,
    previous_status=None,
    sequence=1,
    late=False,
    data=b'{"id":"conv_communication_1"}',
)


def stored_event(**changes: object) -> StoredEvent:
    """Return an event as the log holds it, with these members changed."""
    return msgspec.structs.replace(_STORED, **changes)


def transition(status: str | None, previous: str | None, *, late: bool = False) -> StoredEvent:
    """Return a CONVERSATION_UPDATED that says a status, and what the status was before."""
    return stored_event(kind="CONVERSATION_UPDATED", status=status, previous_status=previous, late=late)
