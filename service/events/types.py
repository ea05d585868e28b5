"""PURE. The public names of events: dotted, past tense, a function of the sender's name and the status before."""

from service.events.event import StoredEvent

CLOSED = "CLOSED"
INACTIVE = "INACTIVE"
ACTIVE = "ACTIVE"

_PLAIN = {
    "CONVERSATION_CREATED": "conversation.created",
    "CONVERSATION_UPDATED": "conversation.updated",
    "PARTICIPANT_ADDED": "participant.added",
    "PARTICIPANT_UPDATED": "participant.updated",
    "PARTICIPANT_REMOVED": "participant.removed",
    "COMMUNICATION_CREATED": "communication.created",
    "COMMUNICATION_UPDATED": "communication.updated",
}
_ORCHESTRATOR = ("orchestrator", "reconciliation")
_ARRIVED_AT = {CLOSED: "conversation.closed", INACTIVE: "conversation.inactivated"}


def event_type(event: StoredEvent) -> str:
    """Return the type under which subscribers know an event.

    A `CONVERSATION_UPDATED` is named after its transition; a rename, a repeated or an overtaken status is
    `conversation.updated`. A name that we do not know goes through as `orchestrator.<name in lower case>`. All other
    sources name their events themselves.
    """
    if event.source not in _ORCHESTRATOR:
        return event.kind
    if event.kind == "CONVERSATION_UPDATED":
        return _transition(event.status, event.previous_status, late=event.late)
    return _PLAIN.get(event.kind) or f"orchestrator.{event.kind.lower()}"


def _transition(status: str | None, previous: str | None, *, late: bool) -> str:
    if late or status is None or status == previous:
        return "conversation.updated"
    if status == ACTIVE:
        # Nothing known before: a conversation is born ACTIVE, so this is no return from INACTIVE.
        return "conversation.reactivated" if previous == INACTIVE else "conversation.updated"
    return _ARRIVED_AT.get(status, "conversation.updated")
