"""The public names of events: a function of Twilio's name, the status, and the status before."""

import pytest

from service.events.types import event_type
from tests.sample_events import stored_event, transition


@pytest.mark.parametrize(
    ("previous", "status", "expected"),
    [
        ("ACTIVE", "ACTIVE", "conversation.updated"),
        ("ACTIVE", "INACTIVE", "conversation.inactivated"),
        ("ACTIVE", "CLOSED", "conversation.closed"),
        ("INACTIVE", "ACTIVE", "conversation.reactivated"),
        ("INACTIVE", "INACTIVE", "conversation.updated"),
        ("INACTIVE", "CLOSED", "conversation.closed"),
        ("CLOSED", "CLOSED", "conversation.updated"),
        (None, "ACTIVE", "conversation.updated"),
        (None, "INACTIVE", "conversation.inactivated"),
        (None, "CLOSED", "conversation.closed"),
        ("ACTIVE", None, "conversation.updated"),
        (None, None, "conversation.updated"),
        ("ACTIVE", "ARCHIVED", "conversation.updated"),
        ("ARCHIVED", "ACTIVE", "conversation.updated"),
        ("ARCHIVED", "CLOSED", "conversation.closed"),
    ],
)
def test_an_update_is_named_after_its_transition(previous: str | None, status: str | None, expected: str) -> None:
    """A change of status has a name of its own; a rename, a repeat and an unknown status have not."""
    assert expected == event_type(transition(status, previous))


@pytest.mark.parametrize("status", ["ACTIVE", "INACTIVE", "CLOSED"])
def test_a_late_state_is_an_update(status: str) -> None:
    """What had been overtaken is no transition any more."""
    assert "conversation.updated" == event_type(transition(status, "ARCHIVED", late=True))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("CONVERSATION_CREATED", "conversation.created"),
        ("PARTICIPANT_ADDED", "participant.added"),
        ("PARTICIPANT_UPDATED", "participant.updated"),
        ("PARTICIPANT_REMOVED", "participant.removed"),
        ("COMMUNICATION_CREATED", "communication.created"),
        ("COMMUNICATION_UPDATED", "communication.updated"),
        ("CONVERSATION_ARCHIVED", "orchestrator.conversation_archived"),
        ("Über", "orchestrator.über"),
    ],
)
def test_other_names(kind: str, expected: str) -> None:
    """Known names are dotted and in the past tense; unknown ones go through in lower case."""
    assert expected == event_type(stored_event(kind=kind, status="CLOSED"))


def test_our_own_events_keep_their_name() -> None:
    """An event of this service is named by whoever made it."""
    assert "close.failed" == event_type(stored_event(kind="close.failed", source="service"))
