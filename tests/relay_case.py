"""What a test of relays works with: a Redis, a subscriber, and the steps before and around a delivery."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from service.endpoints.endpoint import Endpoint
from service.events.event import StoredEvent
from service.rules.rules import Rules
from service.store import endpoints
from service.store.client import connect
from service.store.keys import Keys
from service.store.redelivery import Redelivery, redeliver
from tests.eventually import eventually
from tests.hermetic_settings import hermetic_settings
from tests.routed_deliveries import add_endpoint, remember
from tests.scripted_subscriber import ScriptedSubscriber
from tests.threaded_relay import ThreadedRelay, running_relay
from tests.twilio_callbacks import conversation

T = TypeVar("T")


@dataclass
class RelayCase:
    """`redis` replies in bytes."""

    redis_url: str
    redis: Redis
    keys: Keys
    subscriber: ScriptedSubscriber

    def relay(
        self, name: str = "relay-a", rules: Rules | None = None, **settings: object
    ) -> AbstractContextManager[ThreadedRelay]:
        """Return a relay to run in a with statement."""
        return running_relay(hermetic_settings(self.redis_url, **settings), name, rules)

    def add(self, name: str, path: str = "/", types: Sequence[str] = ("*",), **more: object) -> None:
        """Add an endpoint that leads to a path of the subscriber; `more` are further members of its record."""
        self._done(lambda redis: add_endpoint(redis, self.keys, name, self.subscriber.url + path, types, **more))

    def endpoint(self, name: str) -> Endpoint:
        """Return an endpoint, which there must be."""
        found = self._done(lambda redis: endpoints.get(redis, self.keys, name))
        assert found
        return found

    def change(self, name: str, **changes: object) -> None:
        """Change members of an endpoint's record."""
        old = self.endpoint(name)
        new = msgspec.structs.replace(old, **changes)
        assert self._done(lambda redis: endpoints.change(redis, self.keys, old, new))

    def redeliver(self, name: str, *events: StoredEvent) -> int:
        """Let events wait for an endpoint again, as if each conversation had only these; return how many do."""
        endpoint = self.endpoint(name)
        items = [Redelivery(each.entry_id, each.id, "0", each.conversation_id, each.sequence) for each in events]
        return self._done(lambda redis: redeliver(redis, self.keys, endpoint, items))

    def trust(self, path: str) -> None:
        """Let the endpoint at a path answer once: before that a relay sends it one delivery at a time."""
        (event,) = self.append(conversation("ACTIVE", "2026-11-20T13:00:00Z", conversation_id="conv_before"))
        self.subscriber.expect(1, path)
        eventually(lambda: self.redis.hlen(self.keys.event_deliveries(event.id)) > 1)
        self.subscriber.arrivals.clear()

    def remove(self, name: str) -> None:
        """Remove an endpoint."""
        self._done(lambda redis: endpoints.remove(redis, self.keys, name))

    def append(self, *bodies: bytes) -> list[StoredEvent]:
        """Store callbacks and return their events."""
        return self._done(lambda redis: remember(redis, self.keys, *bodies))

    def retries(self) -> int:
        """Return how many deliveries wait for another attempt."""
        return int(self.redis.zcard(self.keys.retries))

    def hurry(self) -> None:
        """Let all of them be due."""
        members: Any = self.redis.zrange(self.keys.retries, 0, -1)
        if members:
            # Only those that are still there: one that fell due meanwhile would come twice.
            self.redis.zadd(self.keys.retries, dict.fromkeys(members, 1), xx=True)

    def state(self, event: StoredEvent, endpoint_id: str) -> str | None:
        """Return what has become of a delivery."""
        found: Any = self.redis.hget(self.keys.event_deliveries(event.id), endpoint_id)
        return None if found is None else found.decode()

    def paused_until(self, endpoint_id: str) -> float | None:
        """Return when (ms) the pause of an endpoint is over, None where it is not paused."""
        found: Any = self.redis.zscore(self.keys.paused, endpoint_id)
        return None if found is None else float(found)

    def end_pause(self, endpoint_id: str) -> None:
        """Let the pause of an endpoint be over."""
        self.redis.zadd(self.keys.paused, {endpoint_id: 1}, xx=True)

    def queued(self, endpoint_id: str) -> int:
        """Return how many deliveries stand in an endpoint's stream, held or not."""
        return int(self.redis.xlen(self.keys.deliveries(endpoint_id)))

    def health(self, endpoint_id: str) -> dict[str, int]:
        """Return how an endpoint fares, as it stands in Redis."""
        found: Any = self.redis.hgetall(self.keys.endpoint_health(endpoint_id))
        return {name.decode(): int(value) for name, value in found.items()}

    def dead(self, event: StoredEvent, endpoint_id: str) -> dict[str, Any]:
        """Return a dead delivery, empty where there is none."""
        found: Any = self.redis.hget(self.keys.dead(endpoint_id), event.id)
        return msgspec.json.decode(found) if found else {}

    def heartbeats(self) -> list[float]:
        """Return how long ago (ms) each relay's last heartbeat was."""
        seconds, microseconds = self.redis.time()
        found: Any = self.redis.zrange(self.keys.relays, 0, -1, withscores=True)
        return [seconds * 1000 + microseconds / 1000 - at for _, at in found]

    def pending(self, endpoint_id: str) -> int:
        """Return how many deliveries of an endpoint some relay holds."""
        found: Any = self.redis.xpending(self.keys.deliveries(endpoint_id), "relay")
        return int(found["pending"])

    def _done(self, step: Callable[[AsyncRedis], Awaitable[T]]) -> T:
        async def run() -> T:
            redis = connect(self.redis_url)
            try:
                return await step(redis)
            finally:
                await redis.aclose(close_connection_pool=True)

        return asyncio.run(run())
