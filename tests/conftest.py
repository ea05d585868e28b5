"""What all tiers share: a Redis server of the session's own, and clients of it."""

import signal
from collections.abc import AsyncIterator, Iterator

import pytest
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from service.store.client import connect
from service.store.keys import Keys
from tests.hermetic_settings import hermetic_settings
from tests.real_receiver import RealReceiver, running_receiver
from tests.real_redis import RealRedis, running_redis
from tests.relay_case import RelayCase
from tests.scripted_subscriber import scripted_subscriber


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let the tests' programs hear SIGINT, although a shell may have had it ignored for what runs in its background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Asynchronous tests run on the loop that the program runs on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RealRedis]:
    """One server for the whole session; a test that kills its Redis takes `own_redis` instead."""
    with running_redis() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RealRedis) -> str:
    """Return the URL of the session's server, emptied: it is nobody else's."""
    with redis_server.client() as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """An asynchronous client as the program makes it; replies are bytes."""
    client = connect(redis_url)
    yield client
    await client.aclose(close_connection_pool=True)


@pytest.fixture(scope="module")
def receiver(redis_server: RealRedis) -> Iterator[RealReceiver]:
    """One receiver for a module's tests, on the session's Redis."""
    with running_receiver(hermetic_settings(redis_server.url)) as running:
        yield running


@pytest.fixture
def own_redis() -> Iterator[RealRedis]:
    """Run a server for this test alone, to kill and to start again."""
    with running_redis() as server:
        yield server


@pytest.fixture
def keys() -> Keys:
    """Return the names of our keys."""
    return Keys()


@pytest.fixture
def case(redis_url: str, keys: Keys) -> Iterator[RelayCase]:
    """Return an empty Redis and a subscriber for a test's relays."""
    with SyncRedis.from_url(redis_url) as redis, scripted_subscriber() as subscriber:
        yield RelayCase(redis_url, redis, keys, subscriber)
