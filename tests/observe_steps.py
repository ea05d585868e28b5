"""Steps that tests of observations share: something is said and gathered as routing does it, and a worker's attempt."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
from redis import Redis

from service.events.event import StoredEvent
from service.rules.asked import Asked, ObserveArguments
from service.rules.customers import Customers
from service.rules.matching import follow
from service.rules.observe import ObserveRule
from service.rules.rules import Rules
from service.store.job_ledger import JobLedger, JobTimes
from service.store.jobs import Intent, Job, as_text
from service.store.keys import Keys
from service.store.linkage import Linkage
from service.store.operational import raise_event
from service.twilio.api import ClassicApi, ConfigurationsApi, ConversationsApi, IntelligenceApi, MemoryApi, TwilioApis
from tests.fake_memory import STORE, FakeMemory
from tests.fake_twilio import FakeTwilio
from tests.job_steps import CONVERSATION, RETENTION
from tests.sample_events import stored_event
from workers.jobs.executor import Context, execute
from workers.jobs.intents import Intents
from workers.jobs.lease import LeaseKeeper
from workers.jobs.observe import Observing
from workers.jobs.observe_people import Stores
from workers.routing.asking import asking

CUSTOMER, AGENT = "+12025550123", "+12025550188"
PROFILE = "mem_profile_01kaamxk6xnqcgq6sq7ptstg2c"
CONFIGURATION = "conv_configuration_01ka065hmrbgdgdxyw1av6jdpq"
SAID_AT = "2026-11-20T14:03:09Z"
RULE = ObserveRule(when="communication.created", name="said", template="{text}")
CLOSED_AT = "2026-11-20T15:25:03.341000Z"


def at(seconds: float) -> str:
    """Return a time so many seconds after 14:00."""
    return f"2026-11-20T14:{int(seconds // 60):02}:{seconds % 60:06.3f}Z"


@dataclass(slots=True)
class Observed:
    """One conversation with a customer, whose words are gathered and observed."""

    redis: Redis
    keys: Keys
    context: Context
    twilio: FakeTwilio
    memory: FakeMemory
    customer: str
    number: int = 0

    def say(self, text: str, occurred_at: str = SAID_AT, rule: ObserveRule = RULE, **fields: Any) -> str:  # noqa: ANN401
        """Let the customer say something long enough ago to be observed now, and return the event's id."""
        self.number += 1
        who = {"address": CUSTOMER, "channel": "SMS", "participantId": self.customer}
        data = {
            "id": f"conv_communication_{self.number:026d}",
            "author": who,
            "content": {"type": "TEXT", "text": text},
            "occurredAt": occurred_at,
            **fields,
        }
        event = self.store("COMMUNICATION_CREATED", data)
        rules = Rules(observe=(rule,))
        (gathering,) = asking(event, follow(rules, event, "communication.created", 0), ()).gatherings
        self.redis.rpush(self.keys.gathered(CONVERSATION, gathering.author), gathering.entry)
        if self.redis.llen(self.keys.gathered(CONVERSATION, gathering.author)) == 1:
            intent = gathering.intent
            self.intend(intent.job_id, intent.arguments, event.id)
        return event.id

    def store(self, kind: str, data: dict[str, Any], source: str = "orchestrator") -> StoredEvent:
        """Put an event of ten seconds ago into the log."""
        now: Any = self.redis.time()
        entry_id = f"{(now[0] - 10) * 1000}-{self.number + 1}"
        event = stored_event(
            entry_id=entry_id, id=f"evt_{self.number}", kind=kind, source=source, conversation_id=CONVERSATION,
            data=msgspec.json.encode(data),
        )  # fmt: skip
        fields: dict[Any, Any] = {
            "v": 1, "id": event.id, "kind": kind, "ts": event.timestamp, "src": source, "acc": "", "conv": CONVERSATION,
            "st": "", "prev": "", "seq": self.number, "late": "", "data": event.data,
        }  # fmt: skip
        self.redis.xadd(self.keys.events, fields, entry_id)
        self.redis.set(self.keys.event(event.id), entry_id)
        return event

    def intend(self, job_id: str, arguments: str, event_id: str) -> None:
        """Let the ledger have a job that is due."""
        wanted = Intent(
            job_id=job_id, kind="observe", conversation_id=CONVERSATION, event_id=event_id, decided_at=CLOSED_AT,
            arguments=arguments,
        )  # fmt: skip
        intents = Intents(self.redis, self.keys)
        intents.prepare()
        entry = as_text(self.redis.xadd(self.keys.intents, {"v": "0"}))
        intents.wait(0.01)
        self.context.ledger.admit(wanted, entry)

    def ask(self, event: StoredEvent, wanted: ObserveArguments) -> None:
        """Ask for an observation of an event that is no communication."""
        asked = Asked("observe", "rule", 0, msgspec.to_builtins(wanted))
        (intent,) = asking(event, [asked], ()).intents
        self.intend(intent.job_id, intent.arguments, event.id)

    def dispatch(self) -> Job:
        """Claim the one job, whenever it is due."""
        waiting: Any = self.redis.zrange(self.keys.jobs_due, 0, -1)
        for job_id in waiting:
            self.redis.zadd(self.keys.jobs_due, {job_id: 0})
        (claim,) = self.context.ledger.claim().claims
        found = self.context.ledger.read(claim.job_id)
        assert found
        return found

    def a_minute_passes(self) -> None:
        """Let what was written show, and what was begun have begun a minute ago."""
        self.memory.show()
        for key in self.redis.keys(self.keys.observations("*")):
            fields: Any = self.redis.hgetall(key)
            for name, value in fields.items():
                if name.endswith(b":begun"):
                    self.redis.hset(key, name, int(value) - 60_000)

    def waits(self) -> bool:
        """Return whether the job is to go on."""
        return bool(self.redis.zcard(self.keys.jobs_due))

    def failures(self) -> list[dict[str, Any]]:
        """Return the data of each `observation.failed` in the log."""
        found: Any = self.redis.xrange(self.keys.events)
        return [msgspec.json.decode(one[b"data"]) for _, one in found if one[b"kind"] == b"observation.failed"]

    def counted(self, name: str) -> int:
        """Return a counter."""
        return int(self.redis.hget(self.keys.stats, name) or 0)


def attempt(case: Observed) -> str:
    """Run the one job that is due or will be, and return what came of it."""
    job = case.dispatch()
    return execute(case.context, job.id, job.dispatch)


@contextmanager
def observing(
    redis: Redis,
    twilio: FakeTwilio,
    memory: FakeMemory,
    timeout: float = 0.5,
    **hooks: Any,  # noqa: ANN401
) -> Iterator[Observed]:
    """Be the one worker; the customer has a profile."""
    keys = Keys()
    ledger = JobLedger(redis, keys, JobTimes(), RETENTION)
    ledger.beat("w0")
    about = {"configurationId": CONFIGURATION, "configuration": {"memoryStoreId": STORE}}
    twilio.conversations[CONVERSATION] |= about
    addresses = [{"channel": "SMS", "address": CUSTOMER}]
    customer = twilio.join(CONVERSATION, type="CUSTOMER", profileId=PROFILE, addresses=addresses)
    twilio.join(CONVERSATION, type="HUMAN_AGENT", addresses=[{"channel": "SMS", "address": AGENT}])
    with (
        httpx.Client(base_url=twilio.url, timeout=timeout, **hooks) as http,
        httpx.Client(base_url=memory.url, timeout=timeout, **hooks) as other,
    ):
        apis = TwilioApis(
            ConversationsApi(http), ConfigurationsApi(http), MemoryApi(other), IntelligenceApi(http),
            ClassicApi(http, None),
        )  # fmt: skip

        def tell(name: str, data: Any) -> None:  # noqa: ANN401 - any data
            raise_event(redis, keys, RETENTION, name, data)

        means = Observing(redis, keys, RETENTION, Customers(), Stores(), tell, Linkage(redis, keys).count)
        context = Context(ledger, apis, LeaseKeeper(ledger, "w0", 5), "w0", 2.0, "", keys, means)
        yield Observed(redis, keys, context, twilio, memory, customer)
