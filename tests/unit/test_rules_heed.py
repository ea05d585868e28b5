"""Which events rules look at, and what is observed of them."""

import msgspec
import pytest

from service.events.event import StoredEvent
from service.rules.asked import Author, Gathered, ObserveArguments
from service.rules.matching import follow
from tests.rule_events import NOW, asked, communication, result, results
from tests.rules_of import rules_of
from tests.sample_events import stored_event, transition
from tests.twilio_callbacks import CONVERSATION, fixture

MINUTE = 60_000
HOUR = 60 * MINUTE
QUIET = '[[close]]\nwhen = "conversation.inactivated"\n'
CALL = '[[close]]\nwhen = "call.completed"\n'
STOP = '[[close]]\nwhen = ["message.received", "communication.created"]\nname = "stop"\nkeywords = ["STOP", "Größe"]\n'
LEFT = '[[close]]\nwhen = "participant.removed"\n'
RESOLVED = '[[close]]\nwhen = "intelligence.result"\nlabels = ["Resolved"]\n'
SAID = '[[observe]]\nwhen = "communication.created"\n'
RECORD = '[[observe]]\nwhen = "conversation.closed"\n'
FOUND = '[[observe]]\nwhen = "intelligence.result"\n'
GONE = transition("INACTIVE", "ACTIVE")


@pytest.mark.parametrize("data", [b"[]", b'{"author":1,"content":[],"id":{}}', b'{"operatorResults":{}}', b"{"])
@pytest.mark.parametrize(
    "name", ["communication.created", "message.received", "participant.removed", "intelligence.result"]
)
def test_data_of_another_form_does_no_harm(name: str, data: bytes) -> None:
    """Twilio's documents, SDKs and samples differ; where nothing can be read, no keyword and no label is found."""
    rules = rules_of(STOP, LEFT + 'participant = "customer"', RESOLVED)

    assert () == follow(rules, stored_event(kind=name, data=data), name, NOW)


@pytest.mark.parametrize(
    ("changes", "minutes", "expected"),
    [
        ({}, 10_000, 1),
        ({"source": "reconciliation"}, 0, 1),
        ({"source": "reconciliation"}, 15, 1),
        ({"source": "reconciliation"}, 16, 0),
        ({"source": "reconciliation", "timestamp": "soon"}, 0, 0),
        ({"source": "reconciliation", "timestamp": "2026-11-20T14:00:00"}, 14, 1),
    ],
)
def test_old_repairs_are_told_to_subscribers_only(changes: dict[str, object], minutes: int, expected: int) -> None:
    """What reconciliation finds after more than 15 minutes triggers no rule; a callback does, however late it came."""
    happened = msgspec.structs.replace(GONE, **changes)

    assert expected == len(asked(rules_of(QUIET), happened, NOW + HOUR + minutes * MINUTE))


def test_every_rule_asks_for_itself() -> None:
    """Which of them closes depends on what their jobs find out."""
    rules = rules_of(QUIET + 'name = "a"\nafter = "1h"', QUIET + 'name = "b"\nchannels = ["SMS"]', CALL)

    assert ["a", "b"] == [each.rule for each in asked(rules, GONE)]


def test_a_communication_is_gathered() -> None:
    """It becomes no job of its own, and its text stays in the event log."""
    expected = Gathered(
        event_id="evt_one",
        conversation_id=CONVERSATION,
        occurred_at="2026-11-20T14:03:09.000000Z",
        template="{channel}: {text}",
        source="crm",
        author=Author(("CUSTOMER", "UNKNOWN"), "conv_participant_01kax8seyp2spt2ghh3g5q68r8", "+12025550123"),
        communication_id="conv_communication_01kacff9b01qkmpb84q75sdmzj",
        channel="SMS",
        configurations=("conf_1",),
    )
    rules = rules_of(
        SAID + 'template = "{channel}: {text}"\nsource = "crm"\nchannels = ["SMS"]\nconfigurations = ["conf_1"]',
        '[customers]\ntypes = ["CUSTOMER", "UNKNOWN"]',
    )
    data = msgspec.json.encode(fixture("co-communication-created-sms-inbound")["decoded"]["data"])

    (gathering,) = asked(rules, stored_event(data=data))

    assert ("gather", "communication.created", 0) == (gathering.kind, gathering.rule, gathering.delay)
    assert expected == msgspec.convert(gathering.arguments, Gathered)


@pytest.mark.parametrize(
    ("text", "happened", "expected"),
    [
        (
            RECORD + 'template = "{duration}"\nchannels = ["SMS"]\nconfigurations = ["conf_1"]',
            transition("CLOSED", "ACTIVE"),
            ObserveArguments(
                when="conversation.closed", template="{duration}", source="conversation-events", channels=("SMS",),
                configurations=("conf_1",),
            ),
        ),
        (
            FOUND + 'operators = ["summary"]\nsource = "ci"',
            results(result("Mood", {}), result("Summary", {}, ("SMS",)), 7, result("Summary", {})),
            ObserveArguments(
                when="intelligence.result", template="{operator}: {result}", source="ci", results=(1, 3)
            ),
        ),
    ],
)  # fmt: skip
def test_an_observation_is_asked_for(text: str, happened: StoredEvent, expected: ObserveArguments) -> None:
    """One job for a conversation's end, and one for a webhook with the results that the rule names."""
    (job,) = asked(rules_of(text), happened)

    assert "observe" == job.kind
    assert expected == msgspec.convert(job.arguments, ObserveArguments)


@pytest.mark.parametrize(("forward", "expected"), [("orchestrator", 1), ("transcription", 0), ("both", 1)])
def test_what_was_said_in_a_call_is_observed_once_at_most(forward: str, expected: int) -> None:
    """Rules wait for what the Orchestrator captured, and what is not forwarded triggers none."""
    rules = rules_of(SAID, f'[transcription]\nforward = "{forward}"')
    spoken = [
        msgspec.structs.replace(communication(), other_source=True),
        stored_event(kind="transcription.content", source="transcription", other_source=True),
    ]

    assert expected == sum(len(asked(rules, each)) for each in spoken)


@pytest.mark.parametrize(
    ("forward", "expected"),
    [("orchestrator", (True, False)), ("transcription", (False, True)), ("both", (True, True))],
)
def test_of_two_sources_one_is_forwarded(forward: str, expected: tuple[bool, bool]) -> None:
    """The one that the rules name, or both."""
    rules = rules_of(f'[transcription]\nforward = "{forward}"')
    captured = stored_event(other_source=True)
    transcribed = stored_event(kind="transcription.content", source="transcription", other_source=True)

    assert expected == (rules.transcription.forwards(captured), rules.transcription.forwards(transcribed))


@pytest.mark.parametrize("source", ["orchestrator", "transcription", "message"])
def test_words_of_one_source_are_always_forwarded(source: str) -> None:
    """There is nothing to choose between."""
    forwards = [
        rules_of(f'[transcription]\nforward = "{forward}"').transcription.forwards(stored_event(source=source))
        for forward in ("orchestrator", "transcription", "both")
    ]

    assert [True, True, True] == forwards
