"""The plan of one event: where it goes and what it causes."""

import pytest

from service.endpoints.endpoint import Endpoint
from service.events.event import StoredEvent
from service.events.route import Intent
from service.events.rules import CloseRule, Rules
from tests.sample_events import stored_event, transition
from tests.twilio_callbacks import CONVERSATION
from workers.routing.plan import Targets, plan

CLOSE = Rules(close=(CloseRule("conversation.inactivated"),))
UPDATED_AT = b'{"updatedAt":"2026-11-20T14:22:41.498Z"}'


def endpoint(name: str, *types: str) -> Endpoint:
    """Return an endpoint that wants these types."""
    return Endpoint(id=name, url="https://example.com/", types=types, sealed_secret="", created_at=0)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (transition("CLOSED", "ACTIVE"), ("all", "conversations", "closed")),
        (transition("ACTIVE", "INACTIVE"), ("all", "conversations")),
        (transition("CLOSED", "CLOSED"), ("all", "conversations")),
        (stored_event(kind="CONVERSATION_ARCHIVED"), ("all",)),
        (stored_event(), ("all", "two")),
    ],
)
def test_each_endpoint_gets_what_it_asked_for(event: StoredEvent, expected: tuple[str, ...]) -> None:
    """In their order, each once, by the type that the event has now."""
    endpoints = [
        endpoint("all", "*"), endpoint("conversations", "conversation.*"), endpoint("closed", "conversation.closed"),
        endpoint("two", "communication.created", "communication.*"), endpoint("none", "message.received"),
    ]  # fmt: skip

    assert expected == plan(event, Targets(endpoints), Rules()).endpoint_ids


def test_a_rule_asks_for_a_job() -> None:
    """Its id comes from the event, so that it is asked for once; its time is that of the change."""
    event = stored_event(
        id="evt_x", kind="CONVERSATION_UPDATED", status="INACTIVE", previous_status="ACTIVE", data=UPDATED_AT
    )
    expected = Intent(
        kind="close",
        job_id="close-evt_x",
        conversation_id=CONVERSATION,
        event_id="evt_x",
        rule="conversation.inactivated",
        at="2026-11-20T14:22:41.498000Z",
    )

    assert (expected,) == plan(event, Targets(()), CLOSE).intents


@pytest.mark.parametrize("data", [b"{}", b'{"updatedAt":null}', b'{"updatedAt":[1]}', b'{"updatedAt":"soon"}'])
def test_without_a_time_of_change_the_callbacks_own_counts(data: bytes) -> None:
    """A decision has a time in any case."""
    event = stored_event(kind="CONVERSATION_UPDATED", status="INACTIVE", data=data)

    assert ["2026-11-20T14:00:00Z"] == [intent.at for intent in plan(event, Targets(()), CLOSE).intents]


@pytest.mark.parametrize(
    ("event", "rules"),
    [
        (transition("INACTIVE", "ACTIVE"), Rules()),
        (transition("INACTIVE", "INACTIVE"), CLOSE),
        (transition("INACTIVE", "ACTIVE", late=True), CLOSE),
        (transition("CLOSED", "ACTIVE"), CLOSE),
        (stored_event(kind="CONVERSATION_UPDATED", status="INACTIVE", conversation_id=None), CLOSE),
    ],
)
def test_no_job(event: StoredEvent, rules: Rules) -> None:
    """Without a rule, without the transition that it names, or without a conversation."""
    assert () == plan(event, Targets(()), rules).intents
