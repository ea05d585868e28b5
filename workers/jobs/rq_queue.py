"""The queue that due jobs go through: RQ, with its JSON serialiser, so that people can look with RQ's own tools."""

from redis import Redis
from rq import Queue
from rq.exceptions import DuplicateJobError

from service.store.job_ledger import Claim
from service.store.jobs import counted, told_of
from service.store.keys import Keys

EXECUTE = "workers.jobs.executor.execute"
"""The one function that RQ is ever told to call; what it does is decided by the ledger's kind of the job."""
SERIALIZER = "json"
LONGEST_RUN = 120
"""Seconds after which RQ interrupts a job. A backstop: each HTTP call has its own limits."""
LONGEST_WAIT = 60
"""Seconds in RQ's queue; long before, the ledger has given the job another dispatch number."""
KEEP_RESULT = 3600
KEEP_FAILURE = 7 * 86400


def queue_name(keys: Keys) -> str:
    """Return the name of the RQ queue of this installation."""
    return f"{keys.prefix}jobs"


class JobQueue:
    """The sending side of the queue."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._queue = Queue(queue_name(keys), connection=redis, serializer=SERIALIZER)

    def put(self, claim: Claim) -> None:
        """Hand a claimed job to RQ, once. Raises redis.exceptions.RedisError; its lease then brings the job back."""
        try:
            self._queue.enqueue_call(
                EXECUTE,
                args=(claim.job_id, claim.dispatch),
                job_id=f"{claim.job_id}-{claim.dispatch}",
                unique=True,
                description=describe(claim),
                timeout=LONGEST_RUN,
                ttl=LONGEST_WAIT,
                result_ttl=KEEP_RESULT,
                failure_ttl=KEEP_FAILURE,
            )
        except DuplicateJobError:
            # The reply to an earlier try was lost; the job is where it should be.
            return


def describe(claim: Claim) -> str:
    """Return what `rq info` shows of a job."""
    if claim.endpoint_id:
        count = counted(claim.arguments)
        return f"{claim.kind} {'' if count is None else f'{count:,} events '}to {claim.endpoint_id}"
    why = f"rule {claim.rule}" if claim.rule else "by request"
    if not claim.conversation_id:
        told = told_of(claim.arguments)
        number = "" if told.count is None else f" {told.count:,} conversations"
        return f"{claim.kind}{number}{f' of {told.subject}' if isinstance(told.subject, str) else ''} ({why})"
    return f"{claim.kind} conversation {claim.conversation_id} ({why})"
