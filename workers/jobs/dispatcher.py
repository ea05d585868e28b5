"""The dispatcher: takes intents into the ledger, hands due jobs to free workers through RQ, sweeps up after the dead.

Any number of them may run. Each step is a script of the ledger that only one of them can win.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping

import structlog
from redis.exceptions import RedisError

from service.store.job_ledger import JobLedger, JobTimes
from service.store.jobs import Job
from workers.jobs.intents import Entries, Intents
from workers.jobs.rq_queue import JobQueue
from workers.jobs.schedule import reconnect_pause

log = structlog.get_logger()

RaiseEvent = Callable[[str, Mapping[str, object]], None]
"""Appends an operational event of this type with this data, at least once; the data's `id` tells repeats."""

FAILURES: Mapping[str, str] = {"close_all": "close.failed", "observe": "observation.failed"}
"""Events that tell of a failed job, where they are not called as its kind is."""
CROWDED = 0.02
"""Seconds between looks for a free worker while more is due than workers are free."""


class Dispatcher:
    """One process's share of the dispatching."""

    def __init__(
        self,
        ledger: JobLedger,
        intents: Intents,
        queue: JobQueue,
        raise_event: RaiseEvent,
        times: JobTimes,
        periodic: Callable[[], None] = lambda: None,
    ) -> None:
        """`periodic` sees to it, once in a sweep, that jobs which come back by themselves are there."""
        self._ledger = ledger
        self._intents = intents
        self._queue = queue
        self._raise_event = raise_event
        self._times = times
        self._periodic = periodic
        self._wait = 0.0
        self._sweep_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Dispatch until `stop` is set; what Redis cannot do now is done when it is back, 0.1 to 5 s later."""
        failures, prepared = 0, False
        while not stop.is_set():
            try:
                if not prepared:
                    self._intents.prepare()
                self.turn()
                failures, prepared = 0, True
            except Exception as error:  # noqa: BLE001 - a dispatcher that ends behind a healthy process loses work
                pause = reconnect_pause(failures, random.random())  # noqa: S311 - jitter, not a secret
                _log_failure(error, pause)
                # A Redis that came back empty has lost the group, too.
                failures, prepared = failures + 1, False
                stop.wait(pause)

    def turn(self) -> None:
        """Wait for intents or for the next due job, and do everything that can be done then."""
        self._admit(self._intents.wait(self._wait))
        self._wait = self._dispatch()
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + self._times.sweep
            self._sweep()

    def _admit(self, entries: Entries) -> None:
        for entry_id, wanted in entries:
            job_id = self._ledger.admit(wanted, entry_id)
            if job_id:
                subject = wanted.conversation_id or wanted.endpoint_id
                log.debug("intent.admitted", job=job_id, wanted=wanted.job_id, subject=subject)

    def _dispatch(self) -> float:
        """Return the seconds that may pass until the next turn."""
        due = self._ledger.claim()
        for claim in due.claims:
            self._queue.put(claim)
        if due.wait is None:
            return self._times.sweep
        return min(max(due.wait, CROWDED), self._times.sweep)

    def _sweep(self) -> None:
        for lost in self._ledger.sweep():
            log.warning("job.lease_ran_out", job=lost.job_id, deaths=lost.deaths, dead=lost.dead)
        self._admit(self._intents.left_behind())
        for job in self._ledger.unannounced():
            self._raise_event(FAILURES.get(job.kind, f"{job.kind}.failed"), failure(job))
            self._ledger.announced(job.id)
        self._periodic()


def failure(job: Job) -> dict[str, object]:
    """Return the data of the event that tells of a job's failure: ids and reasons, nobody's words."""
    return {
        "id": f"{job.id}-{job.dispatch}",
        "job_id": job.id,
        "kind": job.kind,
        "conversation_id": job.conversation_id or None,
        "endpoint_id": job.endpoint_id or None,
        "event_id": job.event_id or None,
        "rule": job.rule or None,
        "state": job.state,
        "attempts": job.attempts,
        "reason": job.last_error,
    }


def _log_failure(error: Exception, pause: float) -> None:
    if isinstance(error, RedisError | OSError):
        log.warning("dispatcher.waiting_for_redis", error=type(error).__name__, pause=round(pause, 2))
    else:
        log.error("dispatcher.surprised", pause=round(pause, 2), exc_info=error)
