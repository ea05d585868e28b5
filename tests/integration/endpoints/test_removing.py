"""`endpoints remove`: what goes with an endpoint is said, and asked about where somebody can answer."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.history import History, communication_created

Command = Callable[..., Any]
Answer = Callable[[str], None]
URL = "https://8.8.8.8/hooks"
LOST = "2 deliveries that wait and 1 that were missed"


@pytest.fixture
def busy(history: History) -> str:
    """Return the id of an endpoint for which two deliveries wait, and which has missed one."""
    endpoint = history.registers()
    history.receives(communication_created(1), communication_created(2))
    history.routes()
    history.does(lambda redis: redis.hset(history.keys.dead(endpoint.id), "evt_1", "{}"))
    return endpoint.id


def left(endpoints_command: Command) -> int:
    """Return how many endpoints there are."""
    return len(json.loads(endpoints_command("list", "--json").stdout)["endpoints"])


@pytest.mark.parametrize(
    ("answer", "status", "there"), [("y", 0, 0), ("YES", 0, 0), ("n", 1, 1), ("", 1, 1), ("yess", 1, 1)]
)
def test_it_asks_on_a_terminal(
    endpoints_command: Command, answering: Answer, busy: str, answer: str, status: int, there: int
) -> None:
    """It says what would be dropped; nothing is removed without a yes."""
    answering(answer)
    removed = endpoints_command("remove", busy)

    assert (status, "", there) == (removed.returncode, removed.stdout, left(endpoints_command))
    assert f"{LOST} will be dropped" in removed.stderr


def test_yes_answers_beforehand(endpoints_command: Command, answering: Answer, busy: str) -> None:
    """Nothing is asked."""
    answering("n")
    removed = endpoints_command("remove", busy, "--yes")

    assert (0, f"Removed {busy}. {LOST} are dropped.\n") == (removed.returncode, removed.stderr)


def test_nothing_is_asked_where_nothing_is_lost(endpoints_command: Command, answering: Answer) -> None:
    """An endpoint with nothing before it goes without a question."""
    made = json.loads(endpoints_command("add", URL, "--json").stdout)
    answering("n")
    removed = endpoints_command("remove", made["id"])

    assert (0, f"Removed {made['id']}.\n") == (removed.returncode, removed.stderr)


def test_a_script_is_told_what_was_lost(endpoints_command: Command, busy: str) -> None:
    """Without a terminal nobody is asked."""
    removed = endpoints_command("remove", busy, "--json")

    assert (0, "") == (removed.returncode, removed.stderr)
    assert {"id": busy, "removed": True, "waiting": 2, "missed": 1} == json.loads(removed.stdout)
