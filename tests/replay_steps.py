"""Steps that tests of replays share: what there is to replay, and the job that does it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from service.attempt.answer import Answered
from service.endpoints.endpoint import Disabled, Endpoint
from service.events.replay import Only, Replay, request_of
from service.store import replays
from service.store.replays import Accepted, Counted, Occupied
from tests.history import History, communication_created
from tests.job_steps import Work
from workers.delivery.outcome import Dead, Delivered
from workers.delivery.outcome import Outcome as Came
from workers.jobs.executor import execute
from workers.jobs.outcomes import Outcome
from workers.jobs.replay import replay

MOST = 1000
"""Events a second, so that no test waits for the pace."""


class Replays:
    """An endpoint with a past, and its replays."""

    def __init__(self, history: History, endpoint: Endpoint | None = None) -> None:
        """Without an `endpoint`, one is made that no relay may see: it leads to nobody of ours."""
        self.history, self.keys = history, history.keys
        self.endpoint = endpoint or history.registers()
        self._next = 0

    def receives(self, count: int) -> list[str]:
        """Store and route so many messages, and return their ids."""
        first, self._next = self._next, self._next + count
        events = self.history.receives(*(communication_created(n) for n in range(first, first + count)))
        self.history.routes()
        return events

    def skips(self, count: int) -> list[str]:
        """Let the endpoint miss so many messages, disabled as it was."""
        before = self.endpoint
        disabled = self.history.alters(before, disabled=Disabled("by_hand", 1))
        events = self.receives(count)
        self.history.alters(disabled, disabled=None)
        return events

    def comes_to(self, outcome: Came, count: int) -> list[str]:
        """Let so many messages be attempted, and come to this."""
        events = self.receives(count)
        self.attempts(outcome)
        return events

    def delivers(self, count: int) -> list[str]:
        """Let so many messages arrive."""
        return self.comes_to(Delivered(), count)

    def dies(self, count: int) -> list[str]:
        """Let so many deliveries die."""
        return self.comes_to(Dead("gone"), count)

    def attempts(self, outcome: Came | None = None) -> list[str]:
        """Attempt everything that waits in the endpoint's stream, and return which events those are."""
        claims = self.history.takes(self.endpoint, 1000)
        for claim in claims:
            self.history.settles(claim, Answered(204), outcome or Delivered(), ms=0)
        return [claim.event_id for claim in claims]

    def counts(self, *types: str, only: Only | None = None, since_ms: int | None = None, rate: int = MOST) -> Counted:
        """Return what a request comes to."""
        wanted = request_of(types=types or self.endpoint.types, only=only, since_ms=since_ms, rate=rate)
        return self.history.does(lambda redis: replays.counted(redis, self.keys, self.endpoint, wanted))

    def begins(self, replay: Replay) -> Accepted | Occupied:
        """Ask for the job of a replay."""
        now = datetime.now(UTC)
        return self.history.does(lambda redis: replays.start(redis, self.keys, self.endpoint, replay, now))

    def job(self, replay: Replay) -> str:
        """Ask for the job of a replay, and return its id."""
        found = self.begins(replay)
        assert isinstance(found, Accepted)
        return found.job_id


def runs(work: Work, between: Callable[[], object] = lambda: None) -> list[str]:
    """Do the one job that is due, slice after slice, until it has ended; return what came of each."""
    said: list[str] = []
    while claims := work.context.ledger.claim().claims:
        (claim,) = claims
        said.append(execute(work.context, claim.job_id, claim.dispatch))
        between()
    return said


def slice_of(work: Work, job_id: str, *ours: bool) -> Outcome:
    """Return what came of one slice that is told so often whether the job is still its own, and then that it is."""
    answers, context = iter(ours), work.context
    return replay(context.redis_url, context.keys, work.job(job_id), lambda *_: next(answers, True), 0.0)


def waiting(work: Work, past: Replays) -> list[str]:
    """Return the events in the endpoint's stream, in its order."""
    entries: Any = work.redis.xrange(past.keys.deliveries(past.endpoint.id))
    return [fields[b"i"].decode() for _, fields in entries]
