"""Steps before a delivery: endpoints that exist, events that are stored, routes that are committed."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from service.endpoints.endpoint import Endpoint
from service.events.delivery import Claim, Settlement
from service.events.event import StoredEvent
from service.events.route import Gathering, Intent, Route, Target
from service.store import endpoints, routing
from service.store.client import run, script
from service.store.deliveries import take
from service.store.event_log import append_call, horizon
from service.store.events import newest
from service.store.keys import Keys
from service.store.secrets import Sealer
from service.twilio.callbacks import parse
from tests.twilio_callbacks import CONVERSATION, communication

SECRET_KEY = "a long random text of the tests"
RELAY = "relay-1"
SECRET = bytes(range(32))
CENTURY = 36500 * 86400


async def add_endpoint(
    redis: Redis, keys: Keys, name: str, url: str = "http://127.0.0.1:9/", types: Sequence[str] = ("*",), **more: object
) -> Endpoint:
    """Store an endpoint with the secret of these tests; `more` are further members of its record."""
    sealed = Sealer(SECRET_KEY).seal(SECRET)
    made = Endpoint(id=name, url=url, types=tuple(types), sealed_secret=sealed, created_at=int(time.time() * 1000))
    made = msgspec.structs.replace(made, **more)
    await endpoints.put(redis, keys, made)
    return made


async def remember(redis: Redis, keys: Keys, *bodies: bytes) -> list[StoredEvent]:
    """Append callbacks and return their events, as they stand in the log."""
    for body in bodies:
        names, args = append_call(parse(body, 0), keys, CENTURY, horizon(CENTURY, time.time()))
        await run(redis, script("append"), names, args)
    return (await newest(redis, keys, limit=len(bodies))).events[::-1]


async def commit(
    redis: Redis,
    keys: Keys,
    events: Sequence[StoredEvent],
    to: Sequence[str | Target],
    *,
    intents: Sequence[Intent] = (),
    gatherings: Sequence[Gathering] = (),
    **other: object,
) -> routing.Commit:
    """Commit a route of these events to endpoints; `relay`, `cursor` and `version` are right unless given."""
    found: Any = await redis.get(keys.routing_cursor)
    given = {
        "relay": RELAY,
        "cursor": (found or b"0-0").decode(),
        "version": (await endpoints.listing(redis, keys)).version,
        **other,
    }
    targets = tuple(each if isinstance(each, Target) else Target(each, "*") for each in to)
    routes = [Route(event, targets, tuple(intents), tuple(gatherings)) for event in events]
    return await routing.commit(redis, keys, routes=routes, **given)  # type: ignore[arg-type] # as the names say


async def route(
    redis: Redis,
    keys: Keys,
    number: int,
    to: Sequence[str | Target],
    *,
    first: int = 0,
    conversation: str = CONVERSATION,
) -> list[StoredEvent]:
    """Store so many messages of one conversation and route them to endpoints, as the relay of these tests.

    `first` is the number of the first: the same number again is the same message.
    """
    await routing.take_lease(redis, keys, RELAY)
    bodies = (communication(first + n, conversation_id=conversation) for n in range(number))
    events = await remember(redis, keys, *bodies)
    answer = await commit(redis, keys, events, to)
    assert answer == "ok"
    return events


async def taken(redis: Redis, keys: Keys, endpoint_id: str, number: int = 1, relay: str = RELAY) -> list[Claim]:
    """Let a relay take so many deliveries of an endpoint, which there must be."""
    claims = (await take(redis, keys, relay, {endpoint_id: number}))[endpoint_id]
    assert claims is not None
    assert len(claims) == number
    return claims


def outcome(claim: Claim, state: str = "delivered", **more: object) -> Settlement:
    """Return an outcome of an attempt to record; what is not given is as small as can be."""
    given = {"record": b"{}", "life": 3600, "at_ms": 1, **more}
    return Settlement(claim=claim, state=state, **given)  # type: ignore[arg-type] # by name
