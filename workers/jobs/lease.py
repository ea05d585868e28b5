"""Keeping what a worker process holds: its heartbeat and the lease of the job in hand, from one thread of its own."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from redis.exceptions import RedisError

from service.store.job_ledger import JobLedger

log = structlog.get_logger()

AFTER_AN_ERROR = 1.0
"""Seconds until the next try when Redis did not answer; a lease outlives several of them."""
LONGEST_HOLD = 180.0
"""Seconds after which a job counts as hung: RQ should have interrupted it a minute before. It is kept no longer."""


class LeaseKeeper:
    """Beats and renews every `every` seconds between `start` and `stop`, for no job longer than `longest` seconds."""

    def __init__(self, ledger: JobLedger, worker: str, every: float, longest: float = LONGEST_HOLD) -> None:
        self._ledger = ledger
        self._worker = worker
        self._every = every
        self._longest = longest
        self._held: tuple[str, int] | None = None
        self._since = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        """Begin to beat; the first beat is under way when this returns."""
        self._thread.start()

    def stop(self) -> None:
        """Beat no more, and say that this worker has ended if Redis can be told."""
        self._ended.set()
        self._thread.join(timeout=AFTER_AN_ERROR)
        try:
            self._ledger.leave(self._worker)
        except (RedisError, OSError):
            log.debug("worker.left_untold", worker=self._worker)

    @contextmanager
    def hold(self, job_id: str, dispatch: int) -> Iterator[None]:
        """Renew this job's lease while the block runs."""
        self._since, self._held = time.monotonic(), (job_id, dispatch)
        try:
            yield
        finally:
            self._held = None

    def _run(self) -> None:
        while not self._ended.is_set():
            pause = self._every
            try:
                self._beat()
            except (RedisError, OSError) as error:
                log.warning("lease.renewal_failed", worker=self._worker, error=type(error).__name__)
                pause = min(AFTER_AN_ERROR, self._every)
            self._ended.wait(pause)

    def _beat(self) -> None:
        held = self._held
        if held is not None and time.monotonic() - self._since > self._longest:
            log.error("job.hung", job=held[0], worker=self._worker)
            return
        self._ledger.beat(self._worker)
        if held is not None:
            self._ledger.renew(*held)
