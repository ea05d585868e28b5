"""Steps that tests of the jobs share: what comes before a job, and what a worker process works with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from redis import Redis

from service.rules.customers import Customers
from service.store.job_ledger import JobLedger, JobTimes
from service.store.jobs import Intent, Job, as_text
from service.store.keys import Keys
from service.store.linkage import Linkage
from service.store.operational import raise_event
from service.twilio.api import ClassicApi, ConfigurationsApi, ConversationsApi, IntelligenceApi, MemoryApi, TwilioApis
from tests.fake_twilio import FakeTwilio
from workers.jobs.connections import connect
from workers.jobs.executor import Context
from workers.jobs.intents import Intents
from workers.jobs.lease import LeaseKeeper
from workers.jobs.observe import Observing
from workers.jobs.observe_people import Stores

DECIDED = "2026-11-20T14:22:41.498000Z"
BEFORE, AFTER = "2026-11-20T14:22:41.497Z", "2026-11-20T14:22:42Z"
CONVERSATION = "conv_conversation_01ka2cpvty9m7am85dxw0gvqhf"
QUICK = JobTimes(lease=0.15, silence=60, stop=0.15)
RETENTION = 3600


def intend(redis: Redis, keys: Keys, number: int = 1, /, **fields: str) -> str:
    """Write an intent as routing does, and return its entry id."""
    values: dict[Any, Any] = {
        "v": "1", "kind": "close", "job": f"close-evt_{number}", "conversation": "conv_1", "event": f"evt_{number}",
        "rule": "conversation.inactivated", "at": DECIDED, **fields,
    }  # fmt: skip
    return as_text(redis.xadd(keys.intents, values))


def admit_all(redis: Redis, keys: Keys, ledger: JobLedger) -> list[str]:
    """Take all new intents into the ledger, and return the ids of the jobs that do them."""
    intents = Intents(redis, keys)
    intents.prepare()
    return [ledger.admit(wanted, entry) for entry, wanted in intents.wait(0.01)]


def started(redis: Redis, keys: Keys, ledger: JobLedger, **fields: str) -> Job:
    """Bring a new job to its first attempt."""
    intend(redis, keys, **fields)
    admit_all(redis, keys, ledger)
    return start(ledger)


def start(ledger: JobLedger) -> Job:
    """Start the one job that is due."""
    (claim,) = ledger.claim().claims
    job = ledger.start(claim.job_id, claim.dispatch, "w0")
    assert job
    return job


def intend_to_close(redis: Redis, twilio: FakeTwilio, number: int = 1) -> str:
    """Make a quiet conversation, decide that it be closed, and return its id."""
    conversation = twilio.converse(f"conv_conversation_{number:026d}")
    intend(redis, Keys(), number, conversation=conversation)
    return conversation


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker process works with, and what happens to a job before and after it."""

    context: Context
    redis: Redis
    keys: Keys

    def begin(self, event: str = "evt_1", decided_at: str = DECIDED, arguments: str = "") -> Job:
        """Bring a close job to where RQ would hand it to us, and return it."""
        wanted = Intent(
            job_id=f"close-{event}",
            kind="close",
            conversation_id=CONVERSATION,
            decided_at=decided_at,
            arguments=arguments,
        )
        intents = Intents(self.redis, self.keys)
        intents.prepare()
        entry = as_text(self.redis.xadd(self.keys.intents, {"v": "0"}))
        intents.wait(0.01)
        self.context.ledger.admit(wanted, entry)
        return self.dispatch()

    def dispatch(self) -> Job:
        """Claim the one due job."""
        (claim,) = self.context.ledger.claim().claims
        return self.job(claim.job_id)

    def job(self, job_id: str) -> Job:
        """Return the job as the ledger has it now."""
        found = self.context.ledger.read(job_id)
        assert found
        return found

    def make_due(self, job: Job) -> None:
        """Let the time of a waiting job be now."""
        assert self.redis.zscore(self.keys.jobs_due, job.id)
        self.redis.zadd(self.keys.jobs_due, {job.id: 0})


@contextmanager
def working(redis_url: str, http: httpx.Client, recording: float = 2.0) -> Iterator[Work]:
    """Be the one worker that takes work."""
    with connect(redis_url) as redis, http:
        keys = Keys()
        ledger = JobLedger(redis, keys, JobTimes(), 3600)
        ledger.beat("w0")
        leases = LeaseKeeper(ledger, "w0", 5)
        twilio = TwilioApis(
            ConversationsApi(http),
            ConfigurationsApi(http),
            MemoryApi(http),
            IntelligenceApi(http),
            ClassicApi(http, None),
        )
        tell = partial(raise_event, redis, keys, RETENTION)
        observing = Observing(redis, keys, RETENTION, Customers(), Stores(), tell, Linkage(redis, keys).count)
        yield Work(Context(ledger, twilio, leases, "w0", recording, redis_url, keys, observing), redis, keys)
