"""A relay in a thread with a loop of its own, which can be frozen, as SIGSTOP would, and thawed."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvloop
from redis import Redis

from service.rules.rules import Rules
from service.settings import Settings
from service.store.keys import Keys
from service.store.secrets import Sealer
from tests.eventually import eventually
from tests.routed_deliveries import SECRET_KEY
from workers import relay


class ThreadedRelay:
    """One relay process, as far as Redis and subscribers can tell."""

    def __init__(self, settings: Settings, name: str, rules: Rules) -> None:
        self.name = name
        self._loop = uvloop.new_event_loop()
        self._stop = asyncio.Event()
        self._keys = Keys(settings.key_prefix)
        self._redis_url = settings.redis_address()
        self._relay = self._loop.create_task(relay.run(settings, rules, Sealer(SECRET_KEY), name, self._stop))
        self._relay.add_done_callback(lambda _: self._loop.stop())
        self._thread = threading.Thread()

    def thaw(self) -> None:
        """Run, from the beginning or on from where it was frozen."""
        self._thread = threading.Thread(target=self._loop.run_forever, name=self.name, daemon=True)
        self._thread.start()

    def freeze(self) -> None:
        """Do nothing more, in the middle of whatever it is."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def die(self, redis: Redis) -> None:
        """Freeze, and let it look as if that were long ago: without a lease, its last heartbeat past."""
        self.freeze()
        if redis.get(self._keys.routing_lease) == self.name.encode():
            redis.delete(self._keys.routing_lease)
        redis.zincrby(self._keys.relays, -60_000, self.name)

    def wait_until_it_lives(self) -> None:
        """Return once it has said so in Redis."""
        with Redis.from_url(self._redis_url) as redis:
            eventually(lambda: redis.zscore(self._keys.relays, self.name))

    def begin_to_stop(self) -> None:
        """Tell it to drain and end."""
        self._loop.call_soon_threadsafe(self._stop.set)

    def stop(self, seconds: float = 5.0) -> None:
        """Let it drain and end; raises what it raised, and AssertionError when it does not end in time."""
        if not self._thread.is_alive() and not self._relay.done():
            self.thaw()
        if not self._relay.done():
            self.begin_to_stop()
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "the relay does not end"
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        while left := asyncio.all_tasks(self._loop):
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.wait(left, timeout=0.1))
        self._loop.close()
        self._relay.result()

    @property
    def ended(self) -> bool:
        """Whether the loop is closed."""
        return self._loop.is_closed()


@contextmanager
def running_relay(settings: Settings, name: str = "relay-a", rules: Rules | None = None) -> Iterator[ThreadedRelay]:
    """Run one until the block ends, unless it was stopped before."""
    running = ThreadedRelay(settings, name, rules or Rules())
    running.thaw()
    try:
        running.wait_until_it_lives()
        yield running
    finally:
        if not running.ended:
            running.stop()
