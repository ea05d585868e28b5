"""What integration tests share besides Redis: a small real Twilio, and a worker that has not begun."""

from collections.abc import Iterator

import httpx
import pytest
from redis import Redis

from service.store.job_ledger import JobLedger
from service.store.keys import Keys
from tests.fake_memory import FakeMemory, running_fake_memory
from tests.fake_twilio import FakeTwilio, running_fake_twilio
from tests.history import History
from tests.job_steps import BEFORE, CONVERSATION, QUICK, RETENTION, Work, working
from tests.observe_steps import Observed, observing
from tests.replay_steps import Replays
from tests.scripted_twilio import ScriptedTwilio, scripted_twilio
from workers.jobs.connections import connect


@pytest.fixture
def sync_redis(redis_url: str) -> Iterator[Redis]:
    """A synchronous client as the workers make it; replies are bytes."""
    with connect(redis_url) as redis:
        yield redis


@pytest.fixture
def ledger(sync_redis: Redis, keys: Keys) -> JobLedger:
    """A ledger whose leases run out quickly, and four workers that take work."""
    found = JobLedger(sync_redis, keys, QUICK, RETENTION)
    for number in range(4):
        found.beat(f"w{number}")
    return found


@pytest.fixture(scope="session")
def twilio_server() -> Iterator[FakeTwilio]:
    """One Twilio for the whole session."""
    with running_fake_twilio() as twilio:
        yield twilio


@pytest.fixture
def twilio(twilio_server: FakeTwilio) -> FakeTwilio:
    """Twilio with one quiet conversation and nothing else."""
    twilio_server.forget()
    twilio_server.converse(CONVERSATION)
    twilio_server.say(CONVERSATION, BEFORE)
    return twilio_server


@pytest.fixture
def work(redis_url: str, twilio: FakeTwilio) -> Iterator[Work]:
    """A worker with little patience for Twilio."""
    with working(redis_url, httpx.Client(base_url=twilio.url, timeout=0.25)) as found:
        yield found


@pytest.fixture(scope="session")
def memory_server() -> Iterator[FakeMemory]:
    """One Conversation Memory for the whole session."""
    with running_fake_memory() as memory:
        yield memory


@pytest.fixture
def memory(memory_server: FakeMemory) -> FakeMemory:
    """Memory with one store and nothing in it."""
    memory_server.forget()
    return memory_server


@pytest.fixture
def observed(sync_redis: Redis, twilio: FakeTwilio, memory: FakeMemory) -> Iterator[Observed]:
    """Return a conversation with a customer who has a profile."""
    with observing(sync_redis, twilio, memory) as found:
        yield found


@pytest.fixture
def past(redis_url: str, keys: Keys) -> Replays:
    """Return an endpoint whose past is yet to be."""
    return Replays(History(redis_url, keys))


@pytest.fixture
def scripted() -> Iterator[ScriptedTwilio]:
    """A Twilio that answers as it is told, and knows what it was asked."""
    with scripted_twilio() as twilio:
        yield twilio
