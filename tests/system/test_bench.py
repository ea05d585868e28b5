"""The bench: that it measures, not what it measures."""

import json
import os
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.eventually import eventually
from tests.process_tree import descendants, running

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "service", "bench")
LONGEST = 90
EVERYTHING = ("--events", "200", "--rounds", "1", "--only", "throughput", "--no-peer")
DELIVERIES = ("deliveries", "--events", "100", "--rounds", "1", "--no-peer")
ENDPOINTS = ("endpoints", "--events", "40", "--rounds", "1")
FAIRNESS = ("fairness", "--seconds", "2", "--rate", "20", "--rounds", "1", "--fan-out", "4")
JOBS = ("jobs", "--closes", "30", "--rounds", "1")
SMALL = {
    EVERYTHING: {"whole": 600},
    DELIVERIES: {"loop": 300, "relay": 300},
    ENDPOINTS: {"few": 200, "many": 200},
    FAIRNESS: {"alone": 160, "beside": 160},
    JOBS: {"steady": 30, "full": 30},
}
"""Small runs, with the deliveries that each of their measurements has to count."""
NAMES = ["everything", "deliveries", "endpoints", "fairness", "jobs"]


@cache
def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the bench to its end, once for all tests, with JSON on its standard output."""
    command = (*COMMAND, *arguments, "--json")
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST, check=False)


def counted(sample: dict[str, Any]) -> tuple[int, int, int]:
    """Return what arrived, what is missing, and what came again."""
    arrivals = sample["arrivals"]
    return arrivals["arrived"], arrivals["missing"], arrivals["extra"]


@pytest.mark.parametrize(("arguments", "expected"), SMALL.items(), ids=NAMES)
def test_everything_that_is_sent_arrives_once(arguments: tuple[str, ...], expected: dict[str, int]) -> None:
    """A small run starts everything, and counts every event at every subscriber: none missing and none extra."""
    done = bench(*arguments)

    measured = json.loads(done.stdout)["rounds"][0]
    actual = {kind: counted(sample) for kind, sample in measured.items() if sample["arrivals"]}

    assert {kind: (number, 0, 0) for kind, number in expected.items()} == actual, done.stderr


@pytest.mark.parametrize("arguments", SMALL, ids=NAMES)
def test_the_status_says_whether_all_is_met(arguments: tuple[str, ...]) -> None:
    """The status is 0 where no line of the report misses what is asked, else 1."""
    done = bench(*arguments)

    missed = [row["what"] for row in json.loads(done.stdout)["rows"] if row["met"] is False]

    assert (1 if missed else 0) == done.returncode, done.stderr


def test_the_healthy_were_not_alone() -> None:
    """Each of the four that misbehave was tried while the healthy ones were measured beside them."""
    tried = json.loads(bench(*FAIRNESS).stdout)["rounds"][0]["beside"]["unruly"]

    assert {"dead", "slow", "dripping", "limited"} == {name for name, times in tried.items() if times}


@pytest.mark.parametrize("arguments", [("--events", "5", "deliveries"), ("fairness", "--fan-out", "3")])
def test_a_wrong_command_line_is_status_2(arguments: tuple[str, ...]) -> None:
    """Options of `bench` itself before a command's name, and a fan-out that leaves some out, are refused at once."""
    done = bench(*arguments)

    assert (2, "") == (done.returncode, done.stdout)


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    """Ctrl-C in the midst of a load ends every process that was started, and removes their data."""
    command = (*COMMAND, "endpoints", "--events", "200000", "--rounds", "1")
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True) as started:
        try:
            eventually(lambda: any("service.bench.load" in each.command for each in descendants(started.pid)), 60)
            begun = [each.pid for each in descendants(started.pid)]
            started.send_signal(signal.SIGINT)
            started.wait(60)
        finally:
            started.kill()

    assert (True, set(), []) == (started.returncode != 0, running(begun), list(tmp_path.iterdir()))
