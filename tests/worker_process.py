"""A worker of the tests' own: the real parent with its processes, started as a program, its times of our choice.

Run as a program it takes one argument, JSON: `settings`, `times`, `processes`. Operational events go to the Redis list
`raised`.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from redis import Redis

from service import logs
from service.settings import load
from service.store.job_ledger import JobTimes
from service.store.keys import Keys
from tests.eventually import eventually
from workers.jobs.worker import run

ROOT = Path(__file__).resolve().parents[1]
QUICK = {"lease": 1.5, "renew": 0.2, "silence": 1.5, "sweep": 0.1, "stop": 0.6, "drain": 5.0}
"""Times for tests that wait for a lease to run out."""


class WorkerProcess:
    """A running worker; `lines` are its log so far."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of the log that are whole."""
        whole = self._log.read_bytes().split(b"\n")[:-1]
        return [json.loads(line) for line in whole if line.startswith(b"{")]

    def said(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of this event."""
        return [line for line in self.lines if line["event"] == event]

    def children(self) -> list[int]:
        """Return the process ids of the worker processes that have not been noted as dead."""
        died = {line["pid"] for line in self.said("worker.died")}
        return [line["pid"] for line in self.said("worker.started") if line["pid"] not in died]

    def takes_jobs(self, redis: Redis) -> bool:
        """Return whether each process has told Redis of itself."""
        names = str(redis.zrange(Keys().jobs_workers, 0, -1))
        return all(f"-{pid}-" in names for pid in self.children())

    def end(self, seconds: float = 10.0) -> int:
        """Ask it to end and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


@contextmanager
def running_worker(
    redis_url: str,
    twilio_url: str,
    log: Path,
    *,
    times: Mapping[str, float] = QUICK,
    processes: int = 1,
    **settings: Any,  # noqa: ANN401 - any setting
) -> Iterator[WorkerProcess]:
    """Run one until the block ends; it takes jobs when the block begins."""
    given: dict[str, Any] = {
        "redis_url": redis_url, "twilio_conversations_url": twilio_url, "log_format": "json", "log_level": "debug",
        "reconcile_every": 0,
    }  # fmt: skip
    argument = json.dumps({"settings": {**given, **settings}, "times": dict(times), "processes": processes})
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with log.open("wb") as file:
        command = [sys.executable, __file__, argument]
        process = subprocess.Popen(command, cwd=log.parent, env=environment, stdout=file, stderr=file)
    worker = WorkerProcess(process, log)
    try:
        with Redis.from_url(redis_url) as redis:
            eventually(lambda: len(worker.children()) == processes and worker.takes_jobs(redis), 15)
        yield worker
    finally:
        for pid in worker.children():
            _kill(pid)
        process.kill()
        process.wait()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def main() -> int:
    """Be the worker."""
    given = json.loads(sys.argv[1])
    settings = load(**given["settings"])
    logs.set_up(settings.log_format, settings.log_level, "worker")
    redis = Redis.from_url(settings.redis_address())

    def raise_event(name: str, data: Mapping[str, object]) -> None:
        redis.rpush("raised", json.dumps({"type": name, "data": data}))

    times = msgspec.convert(given["times"], JobTimes)
    return run(settings, raise_event=raise_event, processes=given["processes"], times=times)


if __name__ == "__main__":
    sys.exit(main())
