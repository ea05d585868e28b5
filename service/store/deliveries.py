"""The endpoints' streams: taking deliveries for the slots there are, recording outcomes, taking over from the dead."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from service.events.delivery import Claim
from service.store.client import run, script
from service.store.keys import Keys
from service.store.line import Line, exchange, paired, run_each

GROUP = "relay"
ROUTED_KEPT = 7 * 86400
"""Seconds that an event's deliveries are remembered while nothing has come of them."""
HEARTBEAT_DEATH = 10.0
"""Seconds without a heartbeat after which a relay counts as dead."""
MOST_HELD = 64
"""Deliveries of one endpoint that are looked at in one go."""
MOST_SKIPPED = 200
"""Deliveries of a disabled endpoint that one call skips."""
DUE_AT_ONCE = 500
"""Delayed deliveries that one call moves."""


class Limited(msgspec.Struct, frozen=True):
    """What a rate limit let through: as `take` gives it, and the seconds until there is more (0.0: there is)."""

    claims: list[Claim] | None
    wait: float


async def take_limited(way: Redis | Line, keys: Keys, relay: str, endpoint_id: str, count: int, rate: float) -> Limited:
    """Take at most so many deliveries of an endpoint with a limit of `rate` a second, which all relays share.

    Up to one second's worth is saved up. Raises redis.exceptions.RedisError as `take` does.
    """
    names = (keys.deliveries(endpoint_id), keys.endpoint_bucket(endpoint_id))
    args = (relay, count, rate, max(1.0, rate))
    (reply,) = await run_each(way, [(script("take_limited"), names, args)])
    if isinstance(reply, Exception):
        raise reply
    found, wait = reply
    return Limited(None if found == b"gone" else _claims(endpoint_id, found), int(wait) / 1000)


async def take(way: Redis | Line, keys: Keys, relay: str, wanted: Mapping[str, int]) -> dict[str, list[Claim] | None]:
    """Take at most so many deliveries for each endpoint; None for an endpoint whose stream is gone.

    Raises redis.exceptions.RedisError; then some may be held without our knowing: see `held`.
    """
    replies = await exchange(
        way,
        [
            ("XREADGROUP", "GROUP", GROUP, relay, "COUNT", count, "STREAMS", keys.deliveries(endpoint_id), ">")
            for endpoint_id, count in wanted.items()
        ],
    )
    return dict(zip(wanted, map(_claims, wanted, replies), strict=True))


def _claims(endpoint_id: str, reply: Any) -> list[Claim] | None:  # noqa: ANN401 - what Redis replied
    if isinstance(reply, ResponseError) and str(reply).startswith(("NOGROUP", "UNBLOCKED")):
        return None
    if isinstance(reply, Exception):
        raise reply
    return [_claim(endpoint_id, token, paired(fields)) for token, fields in reply[0][1] if fields] if reply else []


def _claim(endpoint_id: str, token: bytes, fields: Mapping[bytes, bytes], deaths: int = 0) -> Claim:
    return Claim(
        endpoint_id,
        token.decode(),
        fields[b"e"].decode(),
        fields[b"i"].decode(),
        fields[b"p"].decode() or None,
        int(fields[b"n"]),
        deaths,
        int(fields.get(b"f", 1)),
        fields[b"c"].decode() if b"c" in fields else None,
    )


async def held(redis: Redis, keys: Keys, relay: str, endpoint_ids: Iterable[str], *, least_idle: float) -> list[Claim]:
    """Return what a relay has held for `least_idle` seconds or longer, without touching it."""
    names = list(endpoint_ids)
    pipeline = redis.pipeline(transaction=False)
    for endpoint_id in names:
        pipeline.xpending_range(
            keys.deliveries(endpoint_id), GROUP, "-", "+", MOST_HELD, relay, idle=int(least_idle * 1000)
        )
    replies = await pipeline.execute(raise_on_error=False)
    pending = [(n, p["message_id"]) for n, reply in zip(names, replies, strict=True) for p in _known(reply)]
    entries = redis.pipeline(transaction=False)
    for endpoint_id, token in pending:
        entries.xrange(keys.deliveries(endpoint_id), token, token)
    found = zip(pending, await entries.execute(), strict=True) if pending else ()
    return [_claim(endpoint_id, token, entry[0][1]) for (endpoint_id, token), entry in found if entry]


def _known(reply: Any) -> list[Any]:  # noqa: ANN401 - what Redis replied
    if isinstance(reply, ResponseError) and str(reply).startswith("NOGROUP"):
        return []
    if isinstance(reply, Exception):
        raise reply
    return list(reply)


async def move_due(redis: Redis, keys: Keys) -> int:
    """Move delayed deliveries that are due into their streams; return how many were."""
    args = (DUE_AT_ONCE, keys.deliveries(""), keys.ready)
    return int(await run(redis, script("due"), (keys.retries, keys.endpoints), args))


async def mend(redis: Redis, keys: Keys, endpoint_id: str) -> bool:
    """Make the group of an endpoint's stream again where it is missing; return False where the endpoint is gone."""
    return bool(await run(redis, script("mend"), (keys.endpoints, keys.deliveries(endpoint_id)), (endpoint_id,)))


async def heartbeat(redis: Redis, keys: Keys, relay: str) -> tuple[float | None, list[str]]:
    """Say that this relay lives; return the seconds since it last did, and whose heartbeat is HEARTBEAT_DEATH old."""
    age, dead = await run(redis, script("heartbeat"), (keys.relays,), (relay, int(HEARTBEAT_DEATH * 1000)))
    return None if age < 0 else age / 1000, [name.decode() for name in dead]


async def take_over(
    redis: Redis, keys: Keys, relay: str, dead: str, wanted: Mapping[str, int], most: int = 256
) -> list[Claim]:
    """Take at most so many deliveries of each endpoint, and `most` in all, from a dead relay; `deaths` counts it."""
    claims: list[Claim] = []
    for endpoint_id, free in wanted.items():
        count = min(free, most - len(claims))
        if count <= 0:
            break
        for token, fields, deaths in await run(
            redis, script("takeover"), (keys.deliveries(endpoint_id),), (dead, relay, count)
        ):
            claims.append(_claim(endpoint_id, token, paired(fields), int(deaths)))
    return claims


async def bury(redis: Redis, keys: Keys, relay: str, endpoint_ids: Iterable[str], *, leaving: bool = False) -> bool:
    """Forget a relay that is dead, or leaves, once it holds nothing; return whether that is so."""
    names = [keys.relays, *(keys.deliveries(endpoint_id) for endpoint_id in endpoint_ids)]
    return bool(await run(redis, script("bury"), names, (relay, 0 if leaving else int(HEARTBEAT_DEATH * 1000))))


async def skip_waiting(redis: Redis, keys: Keys, relay: str, endpoint_id: str) -> int:
    """Take some of what waits for a disabled endpoint out of its stream, to be replayed one day; return how much."""
    names = (
        keys.deliveries(endpoint_id), keys.skipped(endpoint_id), keys.ordered(endpoint_id), keys.turns(endpoint_id),
        keys.endpoints,
    )  # fmt: skip
    args = (relay, endpoint_id, MOST_SKIPPED, keys.event(""), keys.ready, ROUTED_KEPT * 1000)
    return int(await run(redis, script("skip", "turn"), names, args))
