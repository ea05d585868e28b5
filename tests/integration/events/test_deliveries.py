"""`deliveries list, dead, retry`: what is printed where, and exit statuses."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from service.endpoints.endpoint import Disabled
from tests.replay_steps import Replays

Command = Callable[..., Any]


def test_deliveries_are_listed(command: Command, past: Replays) -> None:
    """As a table for people, and for scripts as the admin API lists them."""
    dead, skipped = past.dies(1), past.skips(1)
    people = command("deliveries", "list")
    script = command("deliveries", "list", "--state", "skipped", "--endpoint", past.endpoint.id, "--json")

    assert all(event_id in people.stdout for event_id in dead + skipped)
    assert "skipped: the endpoint was disabled" in people.stdout
    assert skipped == [row["event_id"] for row in json.loads(script.stdout)["deliveries"]]


def test_a_list_goes_on(command: Command, past: Replays) -> None:
    """People and scripts are told what to give as --after."""
    dead = past.dies(3)
    first = json.loads(command("deliveries", "dead", "--limit", "2", "--json").stdout)
    second = json.loads(command("deliveries", "dead", "--after", first["next"], "--json").stdout)
    told = command("deliveries", "dead", "--limit", "2")

    assert sorted(dead) == sorted(row["event_id"] for row in first["deliveries"] + second["deliveries"])
    assert f"More: --after {first['next']}\n" == told.stderr


def test_an_empty_list_says_so(command: Command, past: Replays) -> None:
    """On standard error, with exit status 0; an endpoint that is not there fails."""
    past.receives(1)

    assert (0, "", "There is no such delivery.\n") == command("deliveries", "dead")
    assert 1 == command("deliveries", "dead", "--endpoint", "ep_none").returncode


def test_named_events_are_retried(command: Command, past: Replays) -> None:
    """Each is told; one that cannot be retried makes it 1, and does not hold up the others."""
    dead = past.dies(2)
    retry = ("deliveries", "retry", "--endpoint", past.endpoint.id)
    good = command(*retry, dead[0])
    mixed = command(*retry, dead[0], "evt_none", dead[1], "--json")

    assert (0, f"{dead[0]} waits for the endpoint again.\n") == (good.returncode, good.stderr)
    assert (1, {dead[0]: "under_way", "evt_none": "no_event", dead[1]: "accepted"}) == (
        mixed.returncode, json.loads(mixed.stdout)["events"],
    )  # fmt: skip
    assert dead == past.attempts()


def test_all_that_died_is_retried(command: Command, past: Replays) -> None:
    """Counted first with --dry-run; by type and time; not what was skipped."""
    dead = past.dies(3)
    past.skips(1)
    retry = ("deliveries", "retry", "--endpoint", past.endpoint.id, "--dead")
    dry = command(*retry, "--dry-run")
    none = command(*retry, "--types", "conversation.*", "--json")
    late = command(*retry, "--since", "2999-01-01T00:00:00Z", "--json")
    done = command(*retry, "--since", "1h", "--types", "communication.*", "--json")

    assert ["3", "communication.created", "3", "in", "all"] == dry.stdout.split()
    assert [0, 0, 3] == [json.loads(ended.stdout)["retried"] for ended in (none, late, done)]
    assert sorted(dead) == sorted(past.attempts())


@pytest.mark.parametrize("what", [("--dead",), ("evt_1",)])
def test_an_endpoint_that_cannot_have_it_is_told(command: Command, past: Replays, what: tuple[str, ...]) -> None:
    """Disabled, or not there."""
    past.dies(1)
    past.history.alters(past.endpoint, disabled=Disabled("by_hand", 1))
    disabled = command("deliveries", "retry", "--endpoint", past.endpoint.id, *what)
    absent = command("deliveries", "retry", "--endpoint", "ep_none", *what)

    assert (1, 1) == (disabled.returncode, absent.returncode)
    assert f"{past.endpoint.id} is disabled" in disabled.stderr
    assert "There is no endpoint ep_none" in absent.stderr
