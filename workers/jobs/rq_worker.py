"""RQ's SimpleWorker, bound to our context: it runs due jobs in the process itself, over warm connections.

What RQ does beyond that is left off: no scheduler, no commands over pub/sub, no function paths from Redis. Whoever can
write to Redis can make this worker do one of our jobs, and nothing else.
"""

import logging
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, cast

import structlog
from redis import Redis
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job as RqJob
from rq.worker import WorkerStatus

from service.store.keys import Keys
from workers.jobs.executor import Context, GivenUpError, execute
from workers.jobs.rq_queue import EXECUTE, KEEP_RESULT, SERIALIZER, queue_name
from workers.jobs.schedule import LONGEST_PAUSE

WORKER_TTL = 20
"""Seconds. RQ blocks for 15 s less, and takes a worker for gone a minute after."""
MAINTENANCE = 15
"""Seconds between RQ's own clearings."""


class UnknownFunctionError(Exception):
    """Redis holds an RQ job that is not ours."""


class LedgerJob(RqJob):
    """An RQ job that runs our executor with the worker's context."""

    context: Context

    def perform(self) -> str:
        """Return what the executor says. Raises UnknownFunctionError for any other function."""
        if self.func_name != EXECUTE:
            raise UnknownFunctionError(str(self.func_name))
        job_id, dispatch = self.args
        return execute(self.context, str(job_id), int(dispatch))


class JobWorker(SimpleWorker):
    """Works on the one queue of this installation: only with a single queue is RQ's pop safe against crashes."""

    max_connection_wait_time = LONGEST_PAUSE

    def __init__(self, redis: Redis, keys: Keys, name: str, context: Context, stop: threading.Event) -> None:
        """`stop` is set when the process is asked to end, here or by whoever waits between two such workers."""
        queue = Queue(queue_name(keys), connection=redis, serializer=SERIALIZER, job_class=LedgerJob)
        super().__init__(
            [queue], name=name, connection=redis, serializer=SERIALIZER, job_class=LedgerJob,
            default_result_ttl=KEEP_RESULT, worker_ttl=WORKER_TTL, maintenance_interval=MAINTENANCE,
        )  # fmt: skip
        self._context = context
        self._stop = stop

    def perform_job(self, job: RqJob, queue: Queue, execution: Execution) -> bool:
        """Return whether the job ran without an error; it finds our context on itself."""
        cast("LedgerJob", job).context = self._context
        return super().perform_job(job, queue, execution)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's arguments
        """End after the job in hand. RQ's own would talk to Redis here, and give up on a second signal."""
        self._stop.set()
        self._stop_requested = True
        if self.get_state() != WorkerStatus.BUSY:
            raise StopRequested

    def handle_exception(self, job: RqJob, *exc_info: Any) -> None:  # noqa: ANN401 - RQ's signature
        """Log a surprise. A job that was given up has its wide line already."""
        if not isinstance(exc_info[1], GivenUpError):
            super().handle_exception(job, *cast("tuple[type, BaseException, TracebackType]", exc_info))

    def subscribe(self) -> None:
        """Take no commands: their thread outlives a lost connection, and what they stop would be started again."""

    def unsubscribe(self) -> None:
        """Nothing was subscribed to."""

    def _install_signal_handlers(self) -> None:
        signal.signal(signal.SIGTERM, self.request_stop)


class RqLog(logging.Handler):
    """Passes what RQ has to say on to our log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; RQ names jobs and workers by our ids, never more."""
        structlog.get_logger().log(record.levelno, "rq.said", said=record.getMessage())


def pass_on_log() -> None:
    """Send RQ's warnings and errors to our log, in this process."""
    rq = logging.getLogger("rq")
    rq.handlers = [RqLog(level=logging.WARNING)]
    rq.propagate = False
