"""A worker process: the composition root of what runs jobs, and how it ends.

It ends when asked to (SIGTERM) or when its parent has died, after the job in hand; after the drain time at the latest.
"""

import multiprocessing
import os
import random
import secrets
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import wait

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq.exceptions import StopRequested

from service import logs, rules_file
from service.settings import Settings
from service.store.job_ledger import JobLedger, JobTimes
from service.store.keys import Keys
from service.store.linkage import Linkage
from service.store.operational import raise_event
from service.twilio.api import ApiName, twilio_apis
from service.twilio.shared_pace import SharedPace
from workers.jobs.connections import connect
from workers.jobs.executor import Context
from workers.jobs.lease import LeaseKeeper
from workers.jobs.observe import Observing
from workers.jobs.observe_people import Stores
from workers.jobs.reconcile import Terms
from workers.jobs.rq_worker import JobWorker, pass_on_log
from workers.jobs.schedule import reconnect_pause

log = structlog.get_logger()

LOOK_FOR_PARENT = 0.5
"""Seconds between looks."""
CALM = 30.0
"""Seconds after which an RQ worker that ended is not counted with the failures before it."""


def main(settings: Settings, redis_url: str, times: JobTimes) -> None:
    """Run jobs until asked to end. Meant for a process of its own, started by `pool`."""
    # A terminal's Ctrl-C reaches the whole group; the parent passes it on as SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    logs.set_up(settings.log_format, settings.log_level, "worker")
    pass_on_log()
    with _signals_for_this_thread_only():
        threading.Thread(target=_end_with_parent, args=(stop, times.drain), name="parent", daemon=True).start()
    name = f"{socket.gethostname().split('.')[0]}-{os.getpid()}-{secrets.token_hex(3)}"
    keys, redis = Keys(settings.key_prefix), connect(redis_url)

    def pace(api: ApiName) -> SharedPace:
        return SharedPace(redis, keys, settings.twilio_account_sid or "", api)

    with twilio_apis(settings, pace) as twilio:
        ledger = JobLedger(redis, keys, times, settings.event_retention)
        leases = LeaseKeeper(ledger, name, times.renew)
        with _signals_for_this_thread_only():
            leases.start()
        observing = _observing(settings, redis, keys)
        context = Context(ledger, twilio, leases, name, times.lease, redis_url, keys, observing, _reconciling(settings))
        _work(redis_url, keys, context, stop)
        leases.stop()


def _reconciling(settings: Settings) -> Terms:
    return Terms(settings.reconcile_every, settings.event_retention, settings.twilio_account_sid)


def _observing(settings: Settings, redis: Redis, keys: Keys) -> Observing:
    retention = settings.event_retention
    customers = rules_file.read(settings.rules_file).customers
    tell = partial(raise_event, redis, keys, retention)
    return Observing(redis, keys, retention, customers, Stores(), tell, Linkage(redis, keys).count)


def _work(redis_url: str, keys: Keys, context: Context, stop: threading.Event) -> None:
    """Run RQ workers, one after the other: RQ's ends whenever Redis fails it at a bad moment."""
    redis = connect(redis_url)
    failures = number = 0
    try:
        while not stop.is_set():
            began, number = time.monotonic(), number + 1
            try:
                JobWorker(redis, keys, f"{context.worker}-{number}", context, stop).work(logging_level="WARNING")
            except (RedisError, OSError) as error:
                log.warning("worker.lost_redis", worker=context.worker, error=type(error).__name__)
            if not stop.is_set():
                failures = 0 if time.monotonic() - began > CALM else failures + 1
                stop.wait(reconnect_pause(failures, random.random()))  # noqa: S311 - jitter, not a secret
    except StopRequested:
        # From the signal handler of a worker that was just being built or taken down.
        stop.set()
    finally:
        # A second signal has nothing more to say.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


@contextmanager
def _signals_for_this_thread_only() -> Iterator[None]:
    """Let threads started in the block never get SIGTERM: one that does would leave ours asleep in its system call."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _end_with_parent(stop: threading.Event, drain: float) -> None:
    """Ask this process to end when its parent has died, and end it for good when the drain time is over."""
    parent = multiprocessing.parent_process()
    while not stop.is_set():
        # Readable once the parent's end of a pipe has closed: that needs no polling of process ids, on any system.
        if parent is not None and wait([parent.sentinel], timeout=LOOK_FOR_PARENT):
            log.warning("worker.orphaned")
            os.kill(os.getpid(), signal.SIGTERM)
            break
        stop.wait(0.0 if parent else LOOK_FOR_PARENT)
    time.sleep(drain)
    log.error("worker.drain_too_long", seconds=drain)
    os._exit(1)
