"""Reconciliation as people see it: the command, the statistics, the list of events, and what rules make of it."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.cli.app import app
from service.cli.failures import told
from service.cli.tables import event_line
from service.events.reconciled import MOST_REPAIRS
from service.events.types import event_type
from service.rules.matching import follow
from service.rules.parsing import parse
from service.store.jobs import as_text, live_key
from service.store.keys import Keys
from service.store.reconciliation_jobs import intent
from tests.admin_house import TOKEN, running_admin
from tests.eventually import eventually
from tests.fake_twilio import FakeTwilio
from tests.job_steps import Work
from tests.lossy_twilio import LossyTwilio
from tests.reconcile_steps import Passes
from tests.worker_process import running_worker

KEYS = Keys()
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def passes(work: Work) -> Passes:
    """Passes over the test's Twilio."""
    return Passes(work)


@pytest.fixture
def lossy(twilio: FakeTwilio) -> LossyTwilio:
    """A Twilio at which nothing has happened yet."""
    return LossyTwilio(twilio)


@pytest.fixture
def command(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Return a function that runs the command and returns its status and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDIS_URL", redis_url)

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            status = told(lambda: app(["reconcile", *arguments]))
        except SystemExit as ended:
            status = int(ended.code or 0)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def stats(redis_url: str) -> Iterator[Callable[[], dict[str, Any]]]:
    """Return a function that asks the admin API for the figures of reconciliation."""
    with running_admin(redis_url) as house, httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        yield lambda: dict(http.get(f"{house.url}/api/stats").json()["reconciliation"])


@pytest.mark.parametrize("every", [0, 3600])
def test_the_command_runs_a_pass_now(
    work: Work, redis_url: str, lossy: LossyTwilio, command: Command, tmp_path: Path, every: int
) -> None:
    """By the job that is there anyway, or by one of its own where RECONCILE_EVERY is 0."""
    with running_worker(redis_url, lossy.twilio.url, tmp_path / "log", reconcile_every=every):
        if every:
            eventually(lambda: work.redis.hget(KEYS.reconciliation, "last"))
        lossy.say(lossy.begin())
        dry = command("--dry-run", "--json")
        status, printed, said = command()
        (job,) = (as_text(work.redis.get(live_key(KEYS, intent())) or b"none"),)
    would = [one["event_id"] for one in json.loads(dry[1])["repairs"]]

    assert (0, 0, [one.id for one in lossy.told]) == (dry[0], status, would)
    assert all(one.id in printed for one in lossy.told)
    assert said.endswith("2 events appended; 1 open conversations, 1 looked into, 3 calls to Twilio.\n")
    assert (job != "none") == bool(every)


def test_the_command_says_when_it_failed(redis_url: str, lossy: LossyTwilio, command: Command, tmp_path: Path) -> None:
    """Status 1, and why."""
    lossy.twilio.fail("GET", status=503)
    with running_worker(redis_url, lossy.twilio.url, tmp_path / "log"):
        status, _, said = command()

    assert 1 == status
    assert "The pass ended too soon: 503" in said


def test_figures_tell_of_repairs_and_of_the_last_pass(
    passes: Passes, lossy: LossyTwilio, stats: Callable[[], dict[str, Any]]
) -> None:
    """By type since installation; when, how many calls, what is left."""
    lossy.say(lossy.begin())
    passes()
    found = stats()
    last = found.pop("last")

    assert {"communication.created": 1, "conversation.created": 1} == found["repaired"]
    assert {"calls": 3, "open": 1, "looks": 1, "left": 0, "error": None}.items() <= last.items()
    assert 0 <= last["age_seconds"] < 60


def test_the_list_of_events_says_what_was_found(passes: Passes, lossy: LossyTwilio) -> None:
    """A word behind the line."""
    lossy.begin()
    passes.traffic(lossy.change(lossy.begin(), name="Ann"))
    passes()

    assert [False, True, True] == [event_line(one).endswith("(found by reconciliation)") for one in passes.stored]


@pytest.mark.parametrize(("minutes", "asked"), [(4, 1), (40, 0)])
def test_old_repairs_trigger_no_rule(passes: Passes, twilio: FakeTwilio, minutes: int, asked: int) -> None:
    """They are forwarded all the same."""
    rules = parse('[[close]]\nwhen = "conversation.inactivated"')
    now = datetime.now(UTC)
    lossy = LossyTwilio(twilio, now - timedelta(minutes=minutes))
    one = lossy.begin()
    passes.traffic(*lossy.told)
    lossy.change(one, status="INACTIVE")
    passes()
    found = passes.stored[-1]
    followed = follow(rules, found, event_type(found), int(now.timestamp() * 1000))

    assert "conversation.inactivated" == event_type(found)
    assert asked == len(followed)


def test_a_pass_names_only_so_many_repairs(passes: Passes, lossy: LossyTwilio) -> None:
    """It counts them all."""
    for _ in range(MOST_REPAIRS + 20):
        lossy.begin()
    passes()

    assert (MOST_REPAIRS, MOST_REPAIRS + 20) == (len(passes.last["repairs"]), sum(passes.last["repaired"].values()))
