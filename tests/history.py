"""Makes things happen in a Redis, one after another, through the functions that the processes themselves use."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from redis.asyncio import Redis

from service.attempt.answer import Answer
from service.endpoints.endpoint import Endpoint, NewEndpoint
from service.events.delivery import Claim
from service.events.event import Event
from service.events.times import from_milliseconds
from service.registration import Egress, register
from service.rules.rules import Rules
from service.store import deliveries, endpoints, routing
from service.store import settlement as settling
from service.store.client import connect
from service.store.event_log import EventLog
from service.store.keys import Keys
from service.store.malformed import Malformed
from service.store.secrets import Sealer
from service.store.stats import Counters
from service.twilio.callbacks import parse
from workers.delivery.bodies import Bodies
from workers.delivery.outcome import Outcome
from workers.delivery.record import settlement
from workers.routing.plan import Targets, plan

T = TypeVar("T")

CONVERSATION = "conv_conversation_01ka2cpvty9m7am85dxw0gvqhf"
SECRET_KEY = "a long random text of the tests"
RELAY = "relay-1"
RETENTION = 7 * 86400


def conversation_updated(status: str, number: int = 0, conversation: str = CONVERSATION) -> Event:
    """Return a callback's event that a conversation has this status now."""
    data = {"id": conversation, "accountId": f"AC{1:032}", "status": status, "updatedAt": _at(number)}
    return _event("CONVERSATION_UPDATED", data)


def communication_created(number: int, conversation: str = CONVERSATION) -> Event:
    """Return a callback's event that somebody said something."""
    data = {"id": f"conv_communication_{number}", "conversationId": conversation, "content": {"text": "a secret word"}}
    return _event("COMMUNICATION_CREATED", data)


def _event(kind: str, data: dict[str, Any]) -> Event:
    now = int(time.time() * 1000)
    body = {"eventType": kind, "timestamp": from_milliseconds(now), "data": data}
    return parse(msgspec.json.encode(body), now)


def _at(number: int) -> str:
    return from_milliseconds(int(time.time() * 1000) + number)


class History:
    """What has happened in one Redis; every method returns when it is written."""

    def __init__(self, url: str, keys: Keys) -> None:
        self.url, self.keys = url, keys

    def does(self, action: Callable[[Redis], Awaitable[T]]) -> T:
        """Return what an action on a connection of its own returns."""

        async def run() -> T:
            async with connect(self.url) as redis:
                return await action(redis)

        return asyncio.run(run())

    def receives(self, *happened: Event) -> list[str]:
        """Store events and return their ids."""

        async def append(redis: Redis) -> list[str]:
            log = EventLog(redis, self.keys, retention=RETENTION)
            commits = asyncio.create_task(log.run())
            # The log takes appends once it runs.
            await asyncio.sleep(0)
            for event in happened:
                await log.append(event)
            commits.cancel()
            return [event.id for event in happened]

        return self.does(append)

    def counts(self, name: str, number: int) -> None:
        """Count as receivers do."""

        async def count(redis: Redis) -> None:
            counters = Counters(redis, self.keys)
            counters.add(name, number)
            await counters.write()

        self.does(count)

    def keeps_malformed(self, body: bytes) -> None:
        """Keep an unreadable request."""
        self.does(lambda redis: Malformed(redis, self.keys).keep("/twilio/orchestrator", body, "no JSON"))

    def registers(self, *types: str) -> Endpoint:
        """Make an endpoint."""
        new = NewEndpoint("https://8.8.8.8/hooks", types or ("*",))
        return self.does(lambda redis: register(redis, self.keys, Sealer(SECRET_KEY), Egress(), new))[0]

    def alters(self, endpoint: Endpoint, **changes: object) -> Endpoint:
        """Change members of an endpoint's record, and return it."""
        altered = msgspec.structs.replace(endpoint, **changes)
        assert self.does(lambda redis: endpoints.change(redis, self.keys, endpoint, altered))
        return altered

    def removes(self, endpoint: Endpoint) -> None:
        """Remove an endpoint."""
        self.does(lambda redis: endpoints.remove(redis, self.keys, endpoint.id))

    def routes(self, rules: Rules | None = None) -> None:
        """Route everything that is not routed yet, as one relay would."""

        async def route(redis: Redis) -> None:
            cursor = await routing.take_lease(redis, self.keys, RELAY)
            assert cursor
            known = await endpoints.listing(redis, self.keys)
            found = await routing.read(redis, self.keys, cursor, count=1000, block=0.01)
            targets = Targets(known.endpoints.values())
            planned = [plan(event, targets, rules or Rules()) for event in found]
            answer = await routing.commit(
                redis, self.keys, relay=RELAY, cursor=cursor, version=known.version, routes=planned
            )
            assert "ok" == answer

        self.does(route)

    def beats(self) -> None:
        """Say that a relay lives."""
        self.does(lambda redis: deliveries.heartbeat(redis, self.keys, RELAY))

    def takes(self, endpoint: Endpoint, count: int = 1) -> list[Claim]:
        """Take deliveries for an endpoint, as a relay with so many slots."""
        taken = self.does(lambda redis: deliveries.take(redis, self.keys, RELAY, {endpoint.id: count}))
        return taken[endpoint.id] or []

    def settles(
        self, claim: Claim, answer: Answer, outcome: Outcome, *, at_ms: int | None = None, ms: int = 12
    ) -> None:
        """Record what came of an attempt that began at `at_ms` (now) and took `ms` milliseconds."""

        async def settle(redis: Redis) -> None:
            bodies = await Bodies(redis, self.keys).of([claim])
            began = int(time.time() * 1000) if at_ms is None else at_ms
            body = bodies.get(claim.entry_id)
            one = settlement(claim, body, answer, outcome, at_ms=began, ms=ms)
            assert [True] == [each.ours for each in await settling.settle(redis, self.keys, RELAY, [one])]

        self.does(settle)

    def moves_due(self) -> None:
        """Move delayed deliveries that are due."""
        self.does(lambda redis: deliveries.move_due(redis, self.keys))
