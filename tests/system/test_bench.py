"""The bench: that it measures, not what it measures."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (
    sys.executable, "-m", "service", "bench", "--events", "200", "--rounds", "1", "--only", "throughput", "--no-peer",
    "--json",
)  # fmt: skip
LONGEST = 60


def test_everything_that_is_sent_arrives_once() -> None:
    """A small run starts everything, counts every event at every subscriber, and finds none missing and none extra."""
    done = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST, check=False)

    counted = json.loads(done.stdout)["rounds"][0]["whole"]["arrivals"]

    assert (600, 0, 0) == (counted["arrived"], counted["missing"], counted["extra"]), done.stderr
