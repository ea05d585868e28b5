"""The reconcile job: a pass, and then the next one, for as long as RECONCILE_EVERY is not 0.

It is one job, in the ledger like any other: its lease lets another worker go on where one died, and its place in the
set of due jobs is its timer. A pass that was asked for while there is no such job ends with itself.
"""

from collections.abc import Callable

import msgspec
import structlog
from redis.exceptions import RedisError

from service.events.reconciled import Pass
from service.store.jobs import Job
from service.store.keys import Keys
from service.store.reconciliation import Reconciliation
from service.store.reconciliation_jobs import Arguments, arguments_of
from service.twilio.api import ConversationsApi
from service.twilio.errors import TwilioError, UnauthorizedError
from workers.jobs.connections import connect
from workers.jobs.outcomes import Continue, Done, Outcome, RetryLater, Stop
from workers.jobs.reconcile_fetch import Fetcher
from workers.jobs.reconcile_pass import LostError, OnePass
from workers.jobs.reconcile_repair import SETTLE
from workers.jobs.reconciling import again_after, next_pass

log = structlog.get_logger()

Note = Callable[[str, int], bool]
"""Notes a cursor and the number of looks; says whether the job is still ours."""


class Terms(msgspec.Struct, frozen=True):
    """What reconciliation goes by. `every`: seconds between passes, 0 never; `retention`: the log's life in seconds.

    `account_id` is whose conversations these are where an answer does not say; `settle`: see reconcile_repair.
    """

    every: int = 0
    retention: int = 7 * 86400
    account_id: str | None = None
    settle: float = SETTLE


def reconcile(  # noqa: PLR0913, PLR0917 - Twilio, Redis and its names, what to go by, the job, and chance
    twilio: ConversationsApi, redis_url: str, keys: Keys, terms: Terms, job: Job, note: Note, chance: float
) -> Outcome:
    """Return what came of a pass. `chance` in [0, 1) is for the jitter."""
    wanted = arguments_of(job.arguments)
    if not (terms.every or wanted.once):
        return Done("RECONCILE_EVERY is 0")
    try:
        with connect(redis_url) as redis:
            store = Reconciliation(redis, keys, terms.retention)
            return _passed(store, Fetcher(twilio, terms.account_id), terms, wanted, job, note, chance)
    except LostError:
        # What is recorded after this is refused: whoever has the job now goes on.
        return RetryLater(0.0, "the lease was lost in the middle of a pass")
    except (RedisError, OSError) as error:
        return again_after(job.failures, None, chance, f"Redis failed: {type(error).__name__}")


def _passed(  # noqa: PLR0913, PLR0917 - as above
    store: Reconciliation, twilio: Fetcher, terms: Terms, wanted: Arguments, job: Job, note: Note, chance: float
) -> Outcome:
    one = OnePass(
        store,
        twilio,
        lambda looks: note(f"{job.dispatch}-{looks}", looks),
        settle=terms.settle,
        dry=wanted.dry_run,
    )
    failed: TwilioError | None = None
    try:
        one.run()
    except TwilioError as error:
        failed = error
    came_of = one.tally(None if failed is None else str(failed))
    store.keep(came_of, job.id if wanted.dry_run else None)
    _log(came_of)
    if failed is not None:
        return _failed(failed, job, chance)
    note(f"{job.dispatch}-ended", came_of.looks)
    if wanted.once and (wanted.dry_run or not came_of.left):
        return Done(told(came_of, dry=wanted.dry_run))
    return Continue(next_pass(terms.every, came_of.seconds, left=came_of.left > 0), told(came_of))


def _failed(error: TwilioError, job: Job, chance: float) -> Outcome:
    if isinstance(error, UnauthorizedError):
        return Stop(str(error))
    return again_after(job.failures, error.retry_after, chance, str(error))


def told(came_of: Pass, *, dry: bool = False) -> str:
    """Return a pass in a sentence."""
    number = sum(came_of.repaired.values())
    events = f"{number:,} {'event' if number == 1 else 'events'} {'would be ' if dry else ''}repaired"
    left = f", {came_of.left:,} conversations left for the next" if came_of.left else ""
    return f"{events} in {came_of.open:,} open conversations by {came_of.calls:,} calls{left}"


def _log(came_of: Pass) -> None:
    fields = {name: getattr(came_of, name) for name in ("open", "calls", "looks", "left", "deleted", "error")}
    level = log.info if came_of.repaired or came_of.error else log.debug
    level("reconciliation.passed", **fields, repaired=dict(came_of.repaired), seconds=round(came_of.seconds, 3))
