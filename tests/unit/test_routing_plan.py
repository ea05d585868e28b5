"""The plan of one event: where it goes and what it causes."""

import msgspec
import pytest

from service.endpoints.endpoint import Endpoint
from service.events.event import StoredEvent
from service.events.route import Intent
from service.rules.asked import Gathered, ObserveArguments
from service.rules.rules import Rules
from tests.rules_of import rules_of
from tests.sample_events import stored_event, transition
from tests.twilio_callbacks import CONVERSATION
from workers.routing.plan import Targets, plan

CLOSE = rules_of('[[close]]\nwhen = "conversation.inactivated"')
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


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        ("2026-11-20T14:22:41.000000Z", "2026-11-20T14:22:41.999999Z"),
        ("2026-11-20T14:22:41.120000Z", "2026-11-20T14:22:41.120000Z"),
    ],
)
def test_the_second_of_a_calls_end_is_part_of_it(timestamp: str, expected: str) -> None:
    """Calls tell whole seconds, and words of that second are no traffic after the call."""
    event = stored_event(
        source="call", kind="call.completed", timestamp=timestamp, data=b'{"CallSid":"CA1"}', conversation_id="conv_a"
    )
    ended = rules_of('[[close]]\nwhen = "call.completed"\n')

    assert [expected] == [intent.at for intent in plan(event, Targets(()), ended).intents]


def test_each_rule_of_a_file_asks_for_itself() -> None:
    """Under an id of its own; the name of the rule is the one in the file."""
    quiet = '[[close]]\nwhen = "conversation.inactivated"\n'
    event = msgspec.structs.replace(transition("INACTIVE", "ACTIVE"), id="evt_x")
    intents = plan(event, Targets(()), rules_of(quiet, quiet + 'name = "again"')).intents

    assert [("close-evt_x", "conversation.inactivated"), ("close-evt_x-2", "again")] == [
        (intent.job_id, intent.rule) for intent in intents
    ]


@pytest.mark.parametrize(
    ("more", "delay", "arguments"),
    [
        ("", 0, ""),
        ('after = "10m"', 600, ""),
        ('channels = ["SMS", "VOICE"]', 0, '{"channels":["SMS","VOICE"]}'),
        ("unless_other_channels_active = true", 0, '{"unless_other_channels_active":true}'),
        ('configurations = ["conv_configuration_1"]', 0, '{"configurations":["conv_configuration_1"]}'),
    ],
)
def test_what_only_the_conversation_knows_travels_with_the_job(more: str, delay: int, arguments: str) -> None:
    """As its arguments; and how long it has to wait."""
    rules = rules_of(f'[[close]]\nwhen = "conversation.inactivated"\n{more}')
    (intent,) = plan(transition("INACTIVE", "ACTIVE"), Targets(()), rules).intents

    assert (delay, arguments) == (intent.delay, intent.arguments)


SAID = b"""{"id":"conv_communication_1","occurredAt":"2026-11-20T14:00:00Z","channelId":"SM1",
"author":{"address":"+12025550111","channel":"SMS"%s}}"""


@pytest.mark.parametrize(
    ("participant", "author"),
    [
        (b',"participantId":"conv_participant_1"', "conv_participant_1"),
        (b"", "461af0e674b1a18c6862f945743ff155"),
    ],
)
def test_what_is_said_is_gathered_by_author(participant: bytes, author: str) -> None:
    """As an entry without its text, with the one job that would take it away, five seconds later."""
    event = stored_event(id="evt_x", kind="COMMUNICATION_CREATED", data=SAID % participant)
    route = plan(event, Targets(()), rules_of('[[observe]]\nwhen = "communication.created"'))
    (gathering,) = route.gatherings
    intent = gathering.intent
    entry = msgspec.json.decode(gathering.entry, type=Gathered)

    assert () == route.intents
    assert (author, f'{{"author":"{author}"}}') == (gathering.author, intent.arguments)
    assert ("observe", "gather-evt_x", CONVERSATION, 5) == (
        intent.kind, intent.job_id, intent.conversation_id, intent.delay,
    )  # fmt: skip
    assert ("evt_x", "conv_communication_1", "{text}") == (entry.event_id, entry.communication_id, entry.template)


def test_a_closed_conversation_is_observed_by_a_job_of_its_own() -> None:
    """What it shall write travels with it; each rule has its own job."""
    record = '[[observe]]\nwhen = "conversation.closed"\n'
    event = msgspec.structs.replace(transition("CLOSED", "ACTIVE"), id="evt_x")
    intents = plan(event, Targets(()), rules_of(record, record + 'name = "again"\nsource = "other"')).intents

    assert [("observe", "observe-evt_x"), ("observe", "observe-evt_x-2")] == [(one.kind, one.job_id) for one in intents]
    assert ["conversation-events", "other"] == [
        msgspec.json.decode(one.arguments, type=ObserveArguments).source for one in intents
    ]


def test_what_reconciliation_found_late_triggers_nothing() -> None:
    """Older than a quarter of an hour by the clock that is given."""
    event = msgspec.structs.replace(transition("INACTIVE", "ACTIVE"), source="reconciliation")
    rules, sent = rules_of('[[close]]\nwhen = "conversation.inactivated"'), 1_795_183_200_000
    jobs = [len(plan(event, Targets(()), rules, sent + late).intents) for late in (0, 14 * 60_000, 16 * 60_000)]

    assert [1, 1, 0] == jobs


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
