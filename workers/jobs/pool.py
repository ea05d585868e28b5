"""The worker processes under one parent: started, watched, started again, drained."""

import multiprocessing
import random
import time
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

import structlog

from service.settings import Settings
from service.store.job_ledger import JobTimes
from workers.jobs.child import main
from workers.jobs.schedule import reconnect_pause

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

log = structlog.get_logger()

CALM = 10.0
"""Seconds that a process must have lived for the next one to be started at once."""
AFTER_DRAIN = 2.0
"""Seconds of grace for processes that end themselves when their drain time is over."""


class _Place:
    """One of the pool's places, and the process in it."""

    def __init__(self) -> None:
        self.process: BaseProcess | None = None
        self.began = 0.0
        self.failures = 0
        self.not_before = 0.0


class Pool:
    """As many worker processes as there are places. `tend` often; `drain` once."""

    def __init__(self, settings: Settings, redis_url: str, times: JobTimes, processes: int) -> None:
        # Spawned, not forked: the parent has threads, and macOS does not bear forks of such processes.
        self._context = multiprocessing.get_context("spawn")
        self._arguments = (settings, redis_url, times)
        self._drain_time = times.drain
        self._places = [_Place() for _ in range(processes)]

    def tend(self, seconds: float) -> None:
        """Start what is not running, then wait so long, or until a process has died."""
        for place in self._places:
            self._note_death(place)
            if place.process is None and time.monotonic() >= place.not_before:
                self._start(place)
        wait([place.process.sentinel for place in self._places if place.process], timeout=seconds)

    def drain(self) -> bool:
        """Ask all processes to end after the job in hand; return whether all did. Those that are late are killed."""
        running = [place.process for place in self._places if place.process and place.process.is_alive()]
        for process in running:
            process.terminate()
        until = time.monotonic() + self._drain_time + AFTER_DRAIN
        for process in running:
            process.join(max(0.0, until - time.monotonic()))
        late = [process for process in running if process.is_alive()]
        for process in late:
            log.error("worker.killed", pid=process.pid)
            process.kill()
            process.join()
        return not late

    def _start(self, place: _Place) -> None:
        place.process = self._context.Process(target=main, args=self._arguments, name="worker", daemon=True)
        place.process.start()
        place.began = time.monotonic()
        log.info("worker.started", pid=place.process.pid)

    def _note_death(self, place: _Place) -> None:
        if place.process is None or place.process.is_alive():
            return
        log.warning("worker.died", pid=place.process.pid, exit_code=place.process.exitcode)
        lived = time.monotonic() - place.began
        place.failures = 0 if lived > CALM else place.failures + 1
        pause = reconnect_pause(place.failures, random.random()) if place.failures else 0.0  # noqa: S311 - jitter
        place.process, place.not_before = None, time.monotonic() + pause
