"""Steps that tests of reconciliation share: a pass by hand, and what it has come to."""

import json
from dataclasses import dataclass
from typing import Any

from redis import Redis

from service.events.event import StoredEvent
from service.store.keys import Keys
from service.store.reconciliation_jobs import intent
from tests.inbound_traffic import Traffic
from tests.job_steps import Work
from tests.stored_events import stored_events
from tests.twilio_callbacks import ACCOUNT
from workers.jobs.outcomes import Outcome
from workers.jobs.reconcile import Terms, reconcile

CENTURY = 36500 * 86400
TERMS = Terms(60, CENTURY, ACCOUNT, 0.0)


@dataclass(frozen=True, slots=True)
class Passes:
    """Passes over one Twilio into one log."""

    work: Work

    @property
    def redis(self) -> Redis:
        """The log's Redis."""
        return self.work.redis

    @property
    def keys(self) -> Keys:
        """Names of its keys."""
        return self.work.keys

    @property
    def traffic(self) -> Traffic:
        """What takes callbacks."""
        return Traffic(self.redis, self.keys, CENTURY)

    def __call__(self, terms: Terms = TERMS, *, dry_run: bool = False) -> Outcome:
        """Do a pass, and return what came of it."""
        ledger = self.work.context.ledger
        job_id = ledger.admit(intent(once=True, dry_run=dry_run), "")
        (claim,) = ledger.claim().claims
        job = ledger.start(claim.job_id, claim.dispatch, "w0")
        assert job
        outcome = reconcile(
            self.work.context.twilio.conversations, self.work.context.redis_url, self.keys, terms, job,
            lambda cursor, done: ledger.progress(job, cursor, done), 0.0,
        )  # fmt: skip
        ledger.record(job, "done", outcome.reason)
        assert job_id == job.id
        return outcome

    @property
    def last(self) -> dict[str, Any]:
        """What the last pass has come to."""
        found: Any = self.redis.hget(self.keys.reconciliation, "last")
        return dict(json.loads(found or b"{}"))

    @property
    def stored(self) -> list[StoredEvent]:
        """All events, in order."""
        return stored_events(self.redis, self.keys)
