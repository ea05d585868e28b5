"""What `python -m workers worker` runs: one parent that dispatches, and the processes that do the jobs."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from service.settings import Settings
from service.store import linkage
from service.store.job_ledger import DEFAULT_TIMES, JobLedger, JobTimes
from service.store.keys import Keys
from service.store.reconciliation_jobs import ensure
from workers.jobs.connections import connect
from workers.jobs.dispatcher import Dispatcher, RaiseEvent
from workers.jobs.intents import Intents
from workers.jobs.pool import Pool
from workers.jobs.rq_queue import JobQueue

log = structlog.get_logger()

TEND = 0.2
"""Seconds between looks at the processes; also how long a signal may wait."""


def run(settings: Settings, *, raise_event: RaiseEvent, processes: int = 2, times: JobTimes = DEFAULT_TIMES) -> int:
    """Do jobs until SIGTERM or SIGINT; return the exit status: 0, or 1 if a job had to be cut off.

    `raise_event(type, data)` appends an operational event (`close.failed`); it is called from another thread, again
    if it failed or the process died over it. Must be called in the main thread of a process whose log is set up.
    """
    redis_url = settings.redis_address()
    with _asked_to_end() as stop:
        dispatching = threading.Thread(
            target=_dispatcher(settings, redis_url, raise_event, times).run,
            args=(stop,),
            name="dispatcher",
            daemon=True,
        )
        dispatching.start()
        pool = Pool(settings, redis_url, times, processes)
        while not stop.is_set():
            pool.tend(TEND)
        drained = pool.drain()
    log.info("worker.ended", drained=drained)
    return 0 if drained else 1


def _dispatcher(settings: Settings, redis_url: str, raise_event: RaiseEvent, times: JobTimes) -> Dispatcher:
    redis, keys = connect(redis_url), Keys(settings.key_prefix)
    ledger = JobLedger(redis, keys, times, settings.event_retention)
    every = settings.reconcile_every

    def periodic() -> None:
        ensure(redis, keys, lambda wanted: ledger.admit(wanted, ""), every)
        if every and linkage.is_wanted(redis, keys):
            ledger.admit(linkage.intent(), "")

    return Dispatcher(ledger, Intents(redis, keys), JobQueue(redis, keys), raise_event, times, periodic)


@contextmanager
def _asked_to_end() -> Iterator[threading.Event]:
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
