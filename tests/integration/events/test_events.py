"""`events tail, show, explain`: what is printed where, and exit statuses."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.eventually import eventually
from tests.history import CONVERSATION, communication_created, conversation_updated
from tests.replay_steps import Replays
from tests.running_program import running

Command = Callable[..., Any]


def test_tail_shows_the_newest_last(command: Command, past: Replays) -> None:
    """A line each, without what was said; with --json as subscribers get them."""
    events = past.receives(3)
    people = command("events", "tail", "--limit", "2")
    script = command("events", "tail", "--json")

    assert events[1:] == [line.split()[2] for line in people.stdout.splitlines()]
    assert ["communication.created", f"{CONVERSATION}#3"] == people.stdout.splitlines()[-1].split()[3:]
    assert "secret word" not in people.stdout
    assert events == [json.loads(line)["id"] for line in script.stdout.splitlines()]


@pytest.mark.parametrize(
    ("option", "value", "found"),
    [
        ("--type", "conversation.*", [1]),
        ("--type", "communication.created", [0, 2]),
        ("--conversation", CONVERSATION, [0, 1]),
        ("--conversation", "conv_other", [2]),
    ],
)
def test_tail_chooses(command: Command, past: Replays, option: str, value: str, found: list[int]) -> None:
    """By type and by conversation."""
    events = past.history.receives(
        communication_created(1), conversation_updated("ACTIVE"), communication_created(2, "conv_other")
    )
    ended = command("events", "tail", option, value)

    assert [events[number] for number in found] == [line.split()[2] for line in ended.stdout.splitlines()]


def test_tail_follows_until_it_is_interrupted(past: Replays, redis_url: str, tmp_path: Path) -> None:
    """What comes is printed as it comes, once; Ctrl-C is a good end."""
    first = past.receives(1)
    where = {"REDIS_URL": redis_url, "DATA_DIR": str(tmp_path)}
    with running("events", "tail", "--follow", "--type", "communication.*", folder=tmp_path, **where) as tail:
        eventually(lambda: len(tail.printed) == 1, 30)
        past.history.receives(conversation_updated("ACTIVE"))
        later = past.receives(2)
        eventually(lambda: len(tail.printed) == 3, 10)
        status = tail.end(signal.SIGINT)

    assert (0, [*first, *later]) == (status, [line.split()[2] for line in tail.printed])


def test_an_empty_log_says_so(command: Command) -> None:
    """On standard error, with exit status 0."""
    assert (0, "", "There is no such event yet.\n") == command("events", "tail")


def test_an_event_is_shown_and_explained(command: Command, past: Replays) -> None:
    """To people as a timeline, to scripts as the admin API shows it."""
    (event_id,) = past.delivers(1)
    shown, raw = command("events", "show", event_id), command("events", "show", event_id, "--json")
    people, script = command("events", "explain", event_id), command("events", "explain", event_id, "--json")
    told = json.loads(script.stdout)

    assert json.loads(shown.stdout) == json.loads(raw.stdout) == told["event"]
    assert {"event", "received_at", "correlated_by", "routed", "deliveries", "unmatched", "jobs"} == told.keys()
    assert f"{past.endpoint.id}  delivered  (matched *)" in people.stdout
    assert "attempt 1: status 204" in people.stdout
    assert "secret word" not in people.stdout
    assert [(0, "")] * 4 == [(ended.returncode, ended.stderr) for ended in (shown, raw, people, script)]


@pytest.mark.parametrize("what", ["show", "explain"])
@pytest.mark.parametrize(
    ("event_id", "status", "said"),
    [("evt_none", 1, "There is no event evt_none"), ("evt_x:deliveries", 2, "evt_x:deliveries is no id")],
)
def test_an_event_that_is_not_there_fails(
    command: Command, past: Replays, what: str, event_id: str, status: int, said: str
) -> None:
    """With a sentence."""
    past.receives(1)
    ended = command("events", what, event_id)

    assert (status, "") == (ended.returncode, ended.stdout)
    assert ended.stderr.startswith(said)


@pytest.mark.parametrize(
    "words",
    [
        ("events", "tail"),
        ("events", "show"),
        ("events", "explain"),
        ("events", "replay"),
        ("deliveries", "list"),
        ("deliveries", "dead"),
        ("deliveries", "retry"),
    ],
)
def test_every_command_has_help_with_an_example(command: Command, words: tuple[str, str]) -> None:
    """The example can be copied."""
    ended = command(*words, "--help")

    assert 0 == ended.returncode
    assert f"Example: conversation-events {' '.join(words)}" in " ".join(ended.stdout.split())


@pytest.mark.parametrize(
    "words",
    [
        ("events", "tail", "--type", "X"),
        ("events", "replay"),
        ("events", "replay", "--endpoint", "ep_1", "--since", "yesterday"),
        ("events", "replay", "--endpoint", "ep_1", "--types", "X"),
        ("events", "replay", "--endpoint", "ep_1", "--rate", "0"),
        ("deliveries", "list", "--state", "gone"),
        ("deliveries", "list", "--since", "soon"),
        ("deliveries", "list", "--type", "X"),
        ("deliveries", "list", "--after", "x"),
        ("deliveries", "retry", "--endpoint", "ep_1"),
        ("deliveries", "retry", "--endpoint", "ep_1", "--dead", "evt_1"),
        ("deliveries", "retry", "--endpoint", "ep_1", "evt_1", "--dry-run"),
    ],
)
def test_wrong_usage_is_2(command: Command, words: tuple[str, ...]) -> None:
    """As with every command."""
    assert 2 == command(*words).returncode
