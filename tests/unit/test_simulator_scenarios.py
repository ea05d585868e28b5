"""The scenarios, and what the simulated Twilio reports when they are played."""

import json
from itertools import pairwise
from typing import Any

import pytest

from service.simulator.scenario import Say, Script, customer, identifier
from service.simulator.scenarios.catalogue import SCENARIOS, described, script
from service.simulator.world.birth import Birth
from service.simulator.world.callback import Callback
from service.simulator.world.world import World
from service.twilio.callbacks import parse
from tests.twilio_callbacks import ACCOUNT

BEGAN = 1_800_000_000_000
HOUR = 3_600_000
BIRTH = Birth(ACCOUNT, orchestrator="https://h.example/twilio/orchestrator", hooks="https://h.example")


def told(story: Script, world: World | None = None, began: int = BEGAN) -> list[Callback]:
    """Return what is told of a story, timers for an hour after it included."""
    world = world or World(BIRTH, began)
    for step in story.steps:
        due = began + int(step.after * 1000)
        world.tick(due)
        world.act(story, step.action, due)
    world.tick(began + HOUR)
    return world.outgoing.take()


def statuses(callbacks: list[Callback]) -> list[str]:
    """Return the statuses of conversations in the order in which they are told."""
    bodies = [json.loads(each.body) for each in callbacks if each.kind.startswith("CONVERSATION")]
    return [body["data"]["status"] for body in bodies]


def communications(callbacks: list[Callback]) -> list[dict[str, Any]]:
    """Return the communications that are told, as they began."""
    return [json.loads(each.body)["data"] for each in callbacks if each.kind == "COMMUNICATION_CREATED"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sms-support", ["ACTIVE", "INACTIVE"]),
        ("undelivered", ["ACTIVE", "INACTIVE"]),
        ("return", ["ACTIVE", "INACTIVE", "ACTIVE", "INACTIVE"]),
        ("close", ["ACTIVE", "CLOSED", "ACTIVE", "INACTIVE"]),
        ("merged-profile", ["ACTIVE", "INACTIVE"]),
        ("voice-relay", ["ACTIVE", "INACTIVE"]),
        ("whatsapp-then-voice", ["ACTIVE", "INACTIVE"]),
        ("hand-over", ["ACTIVE", "INACTIVE"]),
    ],
)
def test_a_scenario_takes_conversations_through_their_states(name: str, expected: list[str]) -> None:
    """What people do, and the inactivity that follows, gives conversations the states that the scenario is about."""
    actual = statuses(told(script([name], "seed", 0)))

    assert expected == actual


def test_every_scenario_is_described() -> None:
    """The list of scenarios has a sentence for each."""
    actual = [(name, text[-1:]) for name, text in described()]

    assert [(name, ".") for name in SCENARIOS] == actual


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_seed_stands_for_a_story(name: str) -> None:
    """The same seed tells the same story to the byte, tokens included; another seed tells another."""
    first, again, other = (told(script([name], seed, 0), World(each, BEGAN)) for seed, each in [
        ("seed", BIRTH), ("seed", BIRTH), ("other", Birth(ACCOUNT, "other", orchestrator=BIRTH.orchestrator)),
    ])  # fmt: skip

    assert first == again
    assert set() == {each.token for each in first} & {each.token for each in other}


@pytest.mark.parametrize("name", SCENARIOS)
def test_tokens_do_not_depend_on_the_hour(name: str) -> None:
    """A story that is told later has the same tokens, so that the same callbacks are lost or repeated."""
    now, later = (told(script([name], "seed", 0), began=began) for began in (BEGAN, BEGAN + 12_345))

    assert [each.token for each in now] == [each.token for each in later]


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_report_is_one_that_the_receiver_reads(name: str) -> None:
    """Each of the Orchestrator's callbacks parses, belongs to the account and its conversation, and has its own id."""
    reports = [each for each in told(script([name], "seed", 0)) if each.url == BIRTH.orchestrator]

    events = [parse(each.body, 0) for each in reports]

    assert [(each.kind, each.conversation_id, ACCOUNT) for each in reports] == [
        (event.kind, event.conversation_id, event.account_id) for event in events
    ]
    assert len(reports) == len({event.id for event in events})


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_state_of_a_resource_looks_like_another(name: str) -> None:
    """Of each resource `updatedAt` grows with each report, even where all of it happens within a millisecond."""
    world, story, times = World(BIRTH, BEGAN), script([name], "seed", 0), dict[str, list[str]]()
    for step in story.steps:
        world.act(story, step.action, BEGAN)

    for each in world.outgoing.take():
        if each.updated_at:
            times.setdefault(each.resource_id, []).append(each.updated_at)

    assert all(before < after for of_one in times.values() for before, after in pairwise(of_one))


@pytest.mark.parametrize("number", range(6))
def test_an_answer_by_voice_comes_in_three_to_five_pieces(number: int) -> None:
    """Each answer of the AI agent on a call is captured as 3 to 5 communications, less than a second apart."""
    steps = [step for step in script(["voice-relay"], "seed", number).steps if isinstance(step.action, Say)]
    roles = "".join("a" if step.action.role == "ai" else "c" for step in steps if isinstance(step.action, Say))

    pieces = [len(part) for part in roles.split("c") if part]

    assert 2 == len(pieces)
    assert {3, 4, 5} >= set(pieces)


def test_a_call_joins_the_conversation_that_was_written() -> None:
    """WhatsApp and then voice, by a customer with one profile, is one conversation with both channels."""
    found = communications(told(script(["whatsapp-then-voice"], "seed", 0)))

    assert 1 == len({each["conversationId"] for each in found})
    assert ["WHATSAPP", "VOICE"] == list(dict.fromkeys(each["author"]["channel"] for each in found))


def test_after_a_hand_over_the_customer_speaks_to_the_person() -> None:
    """The AI agent leaves, a person joins, and what the customer says then is addressed to that person."""
    callbacks = told(script(["hand-over"], "seed", 0))

    people = [each.kind for each in callbacks if each.kind.startswith("PARTICIPANT")]
    last_heard = communications(callbacks)[-2]["recipients"][0]["address"]

    assert ["PARTICIPANT_ADDED"] * 2 + ["PARTICIPANT_REMOVED", "PARTICIPANT_ADDED"] == people
    assert "client:agent-7" == last_heard


def test_forms_tell_of_messages_and_calls() -> None:
    """Message states and call progress are told as forms, the calls' with growing sequence numbers."""
    callbacks = [*told(script(["undelivered"], "seed", 0)), *told(script(["hand-over"], "seed", 1))]
    forms = [(each.url.removeprefix("https://h.example"), dict(each.pairs)) for each in callbacks if each.pairs]

    assert [
        ("/twilio/message-status", "sent", None),
        ("/twilio/message-status", "undelivered", "30003"),
        *[("/twilio/call-status", status, None) for status in ("initiated", "ringing", "in-progress")],
        ("/twilio/relay-action", "ended", None),
        ("/twilio/call-status", "completed", None),
    ] == [
        (path, form.get("MessageStatus") or form.get("SessionStatus") or form["CallStatus"], form.get("ErrorCode"))
        for path, form in forms
    ]
    assert ["0", "1", "2", "3"] == [form["SequenceNumber"] for _, form in forms if "SequenceNumber" in form]


def test_customers_have_numbers_of_their_own() -> None:
    """The first 70,000 customers have different numbers, all of the form that is kept free for fiction."""
    numbers = {customer(number) for number in range(70_000)}

    assert 70_000 == len(numbers)
    assert {"55501"} == {number[5:10] for number in numbers}


def test_identifiers_have_the_form_of_twilios() -> None:
    """An id is its prefix and 26 characters that begin with 0 to 7, and the same seed gives the same one."""
    actual = identifier("conv_participant_", "seed", "agent")

    assert identifier("conv_participant_", "seed", "agent") == actual
    assert len("conv_participant_") + 26 == len(actual)
    assert actual.removeprefix("conv_participant_")[0] in "01234567"
