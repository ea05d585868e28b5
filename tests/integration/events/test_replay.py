"""`events replay`: what is counted, asked, waited for, and how it ends."""

import json
import os
import pty
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from service.endpoints.endpoint import Disabled
from service.store.keys import Keys
from tests.eventually import eventually
from tests.replay_steps import Replays
from tests.running_program import running
from tests.worker_process import running_worker

Command = Callable[..., Any]
KEYS = Keys()


@pytest.fixture
def worker(redis_url: str, tmp_path: Path) -> Iterator[None]:
    """Run a worker; it needs no Twilio."""
    with running_worker(redis_url, "http://127.0.0.1:9", tmp_path / "log", times={}):
        yield


def replay(past: Replays, *options: str) -> tuple[str, ...]:
    """Return the words of a replay to the endpoint."""
    return "events", "replay", "--endpoint", past.endpoint.id, *options


def test_a_dry_run_counts_and_does_nothing(command: Command, past: Replays, sync_redis: Redis) -> None:
    """By type, for people and for scripts."""
    past.delivers(1)
    past.skips(2)
    people, script = command(*replay(past, "--dry-run")), command(*replay(past, "--dry-run", "--since", "2h", "--json"))
    missed = command(*replay(past, "--dry-run", "--since", "2h", "--missed", "--json"))

    assert ["2", "communication.created", "2", "in", "all"] == people.stdout.split()
    assert {"count": 3, "by_type": {"communication.created": 3}, "job_id": None} == json.loads(script.stdout)
    assert 2 == json.loads(missed.stdout)["count"]
    assert 0 == sync_redis.zcard(KEYS.jobs_due)


@pytest.mark.usefixtures("worker")
def test_a_replay_is_waited_for(command: Command, past: Replays) -> None:
    """Exit status 0 when all of it was put, and the outcome in a sentence."""
    skipped = past.skips(5)
    ended = command(*replay(past, "--yes"))

    assert 0 == ended.returncode
    assert ended.stderr.endswith("5 events put again.\n")
    assert skipped == past.attempts()


@pytest.mark.usefixtures("worker")
def test_a_replay_that_does_not_end_well_is_1(command: Command, past: Replays, redis_url: str, tmp_path: Path) -> None:
    """An endpoint that is disabled meanwhile ends it."""
    past.receives(20)
    past.skips(1)
    where = {"REDIS_URL": redis_url, "DATA_DIR": str(tmp_path)}
    with running(*replay(past, "--yes"), folder=tmp_path, **where) as program:
        eventually(lambda: "The job is" in program.said, 30)
        past.history.alters(past.endpoint, disabled=Disabled("by_hand", 1))
        status = program.process.wait(30)

    assert 1 == status
    assert "cancelled: the endpoint was disabled after 0 events" in program.said
    assert 0 == command("events", "tail").returncode


def test_a_replay_goes_on_without_the_command(past: Replays, redis_url: str, tmp_path: Path, sync_redis: Redis) -> None:
    """Ctrl-C leaves the job, and says how to look at it."""
    past.skips(1)
    where = {"REDIS_URL": redis_url, "DATA_DIR": str(tmp_path)}
    with running(*replay(past, "--yes"), folder=tmp_path, **where) as program:
        eventually(lambda: "The job is" in program.said, 30)
        eventually(lambda: sync_redis.zcard(KEYS.jobs_due))
        status = program.end(signal.SIGINT)

    assert 1 == status
    assert "The replay goes on without this command. See GET /api/jobs/replay-" in program.said
    assert "Traceback" not in program.said
    assert 1 == sync_redis.zcard(KEYS.jobs_due)


def test_without_waiting_only_the_job_is_told(command: Command, past: Replays) -> None:
    """Asked for again, it is the same one; another one is told who is in its way."""
    past.skips(1)
    first, second = (command(*replay(past, "--no-wait", "--json")) for _ in range(2))
    other = command(*replay(past, "--no-wait", "--rate", "5"))

    assert (0, json.loads(first.stdout)) == (first.returncode, json.loads(second.stdout))
    assert 1 == other.returncode
    assert json.loads(first.stdout)["job_id"] in other.stderr


@pytest.mark.parametrize(("typed", "status", "jobs"), [("y\n", 0, 1), ("n\n", 1, 0)])
def test_somebody_at_a_terminal_is_asked(  # noqa: PLR0913, PLR0917 - the case and where it happens
    command: Command, past: Replays, sync_redis: Redis, monkeypatch: pytest.MonkeyPatch, typed: str, status: int,
    jobs: int,
) -> None:  # fmt: skip
    """With the number of events; without a yes, nothing is done."""
    past.skips(2)
    person, terminal = pty.openpty()
    with os.fdopen(person, "w") as keyboard, os.fdopen(terminal, encoding="utf-8") as seen:
        monkeypatch.setattr(sys, "stdin", seen)
        keyboard.write(typed)
        keyboard.flush()
        ended = command(*replay(past, "--no-wait"))

    assert (status, jobs) == (ended.returncode, sync_redis.zcard(KEYS.jobs_due))
    assert f"Deliver 2 events to {past.endpoint.id} once more?" in ended.stderr


def test_nothing_to_replay_is_said(command: Command, past: Replays) -> None:
    """With exit status 0, and no job."""
    assert (0, "nothing to deliver once more\n", "") == command(*replay(past))


def test_an_endpoint_that_cannot_have_it_is_told(command: Command, past: Replays) -> None:
    """Disabled, or not there."""
    past.skips(1)
    past.history.alters(past.endpoint, disabled=Disabled("by_hand", 1))
    disabled, absent = command(*replay(past)), command("events", "replay", "--endpoint", "ep_none")

    assert (1, 1) == (disabled.returncode, absent.returncode)
    assert f"{past.endpoint.id} is disabled" in disabled.stderr
    assert "There is no endpoint ep_none" in absent.stderr
