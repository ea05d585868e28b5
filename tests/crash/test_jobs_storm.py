"""A thousand conversations while Twilio fails calls and workers are killed: closed once, observed once, told once.

The simulated Twilio knows what really happened; `demo` compares, and says what does not add up.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from service.store.keys import Keys
from tests import process_tree
from tests.running_program import Program, running
from tests.telling import Say

CONVERSATIONS = 1000
KEYS = Keys("ce:simulation:")
KILL_EVERY = 5.0
LONG_WAIT = 200.0
"""Seconds; what waits longer is let go on at once, so that the storm ends within minutes."""
RESUMED = 30.0
"""Seconds within which jobs are done again after a kill."""
LONGEST = 900.0
"""Seconds that a storm may take."""
STORM = (
    "--exit", "--json", "--seed", "storm", "--rate", "10", "--conversations", str(CONVERSATIONS), "--patience", "600",
)  # fmt: skip
FAULTS = ("--fault", "429=0.017", "--fault", "500=0.017", "--fault", "timeout-after=0.016")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return an empty folder, with a path short enough for a unix socket."""
    with tempfile.TemporaryDirectory(prefix="ce-") as name:
        yield Path(name)


def workers(program: Program) -> tuple[list[int], list[int]]:
    """Return the process ids of the workers' parents, and of the processes that run the jobs."""
    below = process_tree.descendants(program.process.pid)
    parents = [each.pid for each in below if "workers worker" in each.command]
    return parents, [each.pid for each in below if each.parent in parents and "spawn_main" in each.command]


def kill_in_turn(program: Program, until: float) -> list[float]:
    """Kill a process that runs jobs every 5 s, each third time its parent; return when (seconds since 1970)."""
    kills: list[float] = []
    while program.process.poll() is None and time.monotonic() < until:
        with suppress(subprocess.TimeoutExpired):
            program.process.wait(KILL_EVERY)
        parents, children = workers(program)
        victims = (parents if len(kills) % 3 == 2 else children) or parents
        hurry(program.folder / "data" / "redis.sock")
        if victims and program.process.poll() is None:
            process_tree.kill(victims[:1])
            kills.append(time.time())
    return kills


def hurry(socket: Path) -> None:
    """Let jobs be due that wait for ten minutes or longer: after four failures in a row, which a few have."""
    # The Redis of a demonstration that has just ended is gone.
    with suppress(RedisError, OSError), Redis.from_url(f"unix://{socket}") as redis:
        later = (time.time() + LONG_WAIT) * 1000
        for job_id in redis.zrange(KEYS.jobs_due, int(later), "+inf", byscore=True):
            redis.zadd(KEYS.jobs_due, {job_id: 0}, xx=True)


def resumptions(program: Program, kills: list[float]) -> list[float]:
    """Return the seconds from each kill until the next job ended; kills after which none was left are passed over."""
    lines = program.logged("job.finished")
    ended = sorted(datetime.fromisoformat(line["timestamp"]).timestamp() for line in lines)
    return [min(at for at in ended if at > kill) - kill for kill in kills if ended and ended[-1] > kill]


def test_a_thousand_conversations_survive_a_storm(folder: Path, say: Say) -> None:
    """5 % of the calls fail, some after their effect, and a worker dies every 5 s: each thing is done, and once."""
    with running(
        "demo", *STORM, "--lose", "0", "--data-dir", "data", *FAULTS, folder=folder, LOG_LEVEL="info"
    ) as program:
        kills = kill_in_turn(program, time.monotonic() + LONGEST)
        status = program.process.wait(30)
        waits = resumptions(program, kills)
        result = json.loads(program.printed[-1])
    say(
        f"{len(kills)} kills, resumed after {max(waits):.1f} s at most (mean {sum(waits) / len(waits):.1f} s); {result}"
    )

    assert max(waits) < RESUMED
    assert len(kills) > 10
    assert (0, []) == (status, result["mistakes"])


def test_a_tenth_of_the_callbacks_is_found(folder: Path, say: Say) -> None:
    """What Twilio never sent reaches the subscriber by reconciliation, each creation and latest state under one id."""
    with running("demo", *STORM, "--lose", "0.1", folder=folder) as program:
        status = program.process.wait(LONGEST)
        result = json.loads(program.printed[-1])
    say(str(result))

    assert sum(result["repairs"].values()) > CONVERSATIONS / 2
    assert (0, []) == (status, result["mistakes"])
