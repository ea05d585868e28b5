"""Routing as Redis sees it: the lease, the cursor, and the commit that moves the one only under the other."""

from collections.abc import Mapping, Sequence
from typing import Literal

from redis.asyncio import Redis

from service.events.event import StoredEvent
from service.events.route import Gathering, Intent, Route, Target
from service.store.client import ANSWER_TIMEOUT, Argument, run, script
from service.store.deliveries import ROUTED_KEPT
from service.store.events import stored_event
from service.store.keys import Keys
from service.store.line import Line, exchange, paired, run_each

EVERYTHING = "*"
"""The filter that needs no word: nearly all deliveries have it."""
LEASE = 5.0
"""Seconds after which a silent relay no longer routes."""

Commit = Literal["ok", "lost", "moved", "endpoints"]


async def take_lease(redis: Redis, keys: Keys, relay: str) -> str | None:
    """Take or renew the lease; return the cursor (id of the last routed entry), or None where another relay routes."""
    cursor = await run(
        redis, script("routing_lease"), (keys.routing_lease, keys.routing_cursor), (relay, int(LEASE * 1000))
    )
    return None if cursor is None else cursor.decode()


async def release_lease(redis: Redis, keys: Keys, relay: str) -> None:
    """Give the lease back, so that another relay routes at once."""
    await run(redis, script("routing_release"), (keys.routing_lease,), (relay,))


async def read(way: Redis | Line, keys: Keys, cursor: str, *, count: int, block: float) -> list[StoredEvent]:
    """Return at most `count` events behind the cursor, waiting `block` seconds for the first. Raises RedisError."""
    command = ("XREAD", "COUNT", count, "BLOCK", int(block * 1000), "STREAMS", keys.events, cursor)
    (found,) = await exchange(way, [command], block + ANSWER_TIMEOUT)
    if isinstance(found, Exception):
        raise found
    return [stored_event((entry_id, paired(fields))) for entry_id, fields in found[0][1]] if found else []


async def commit(
    way: Redis | Line, keys: Keys, *, relay: str, cursor: str, version: int, routes: Sequence[Route]
) -> Commit:
    """Commit routes planned from `cursor` with `version` of the endpoints; nothing is written unless it returns ok.

    Raises RedisError; then it may have been committed or not: the cursor in Redis tells.
    """
    names = (keys.routing_lease, keys.routing_cursor, keys.endpoints_version, keys.intents)
    head = (
        relay, int(LEASE * 1000), cursor, routes[-1].event.entry_id, version, ROUTED_KEPT * 1000, keys.ready,
    )  # fmt: skip
    (reply,) = await run_each(way, [(script("route"), names, (*head, *_body(keys, routes)))])
    if isinstance(reply, Exception):
        raise reply
    answer: Commit = reply.decode()
    return answer


def _body(keys: Keys, routes: Sequence[Route]) -> list[Argument]:
    index = {target: number for number, target in enumerate(_targets(routes), start=1)}
    intents = [intent for route in routes for intent in route.intents]
    body: list[Argument] = [len(index)]
    for target in index:
        body += _target(keys, target)
    body.append(len(routes))
    for route in routes:
        body += _event(keys, route, index)
    body.append(len(intents))
    for intent in intents:
        body += _intent(intent)
    gatherings = [gathering for route in routes for gathering in route.gatherings]
    body.append(len(gatherings))
    for gathering in gatherings:
        body += _gathering(keys, gathering)
    return body


def _intent(intent: Intent) -> tuple[Argument, ...]:
    return (
        intent.kind, intent.job_id, intent.conversation_id, intent.event_id, intent.rule, intent.at, intent.delay,
        intent.arguments,
    )  # fmt: skip


def _gathering(keys: Keys, gathering: Gathering) -> tuple[Argument, ...]:
    place = (gathering.intent.conversation_id, gathering.author)
    return keys.gathered(*place), keys.gather_asked(*place), gathering.entry, *_intent(gathering.intent)


def _targets(routes: Sequence[Route]) -> dict[Target, None]:
    # Events of one type have one and the same tuple: a batch names few.
    several = {id(route.targets): route.targets for route in routes}
    return dict.fromkeys(target for targets in several.values() for target in targets)


def _target(keys: Keys, target: Target) -> tuple[str, ...]:
    endpoint = target.endpoint_id
    return (
        endpoint, "" if target.filter == EVERYTHING else target.filter, target.way, keys.deliveries(endpoint),
        keys.ordered(endpoint), keys.turns(endpoint), keys.skipped(endpoint),
    )  # fmt: skip


def _event(keys: Keys, route: Route, index: Mapping[Target, int]) -> list[Argument]:
    event = route.event
    conversation = keys.conversation(event.conversation_id) if event.conversation_id else ""
    sequence = "" if event.sequence is None else event.sequence
    return [
        event.entry_id, event.id, keys.event_deliveries(event.id), conversation, event.conversation_id or "", sequence,
        len(route.targets), *(index[target] for target in route.targets),
    ]  # fmt: skip
