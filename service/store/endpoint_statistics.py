"""What waits for each endpoint, what is under way to it, and what has become of the rest."""

from collections.abc import Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from service.endpoints.endpoint import Endpoint
from service.endpoints.shown import state
from service.store.deliveries import GROUP
from service.store.health import health
from service.store.keys import Keys
from service.store.lag import Lag, Retrying, retrying, seconds_since, stored_ms

EACH = 6
"""Questions for each endpoint."""
AT_ONCE = 200
"""Endpoints asked for in one pipeline."""


class EndpointStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint. `lag` is all that is not settled; of it `in_flight`, and between two attempts `retrying`.

    `skipped` is what it missed while it was disabled, and the log still has. `delivered`, `dead` and `retries`
    (attempts that another one followed) count since the endpoint was made.
    """

    id: str
    state: str
    lag: Lag
    in_flight: int
    retrying: int
    delivered: int
    dead: int
    retries: int
    skipped: int = 0


async def endpoint_statistics(
    redis: Redis, keys: Keys, endpoints: Sequence[Endpoint], now_ms: int
) -> list[EndpointStatistics]:
    """Return the figures of these endpoints, in their order. Raises redis.exceptions.RedisError."""
    between = await retrying(redis, keys)
    found: list[EndpointStatistics] = []
    for begin in range(0, len(endpoints), AT_ONCE):
        some = endpoints[begin : begin + AT_ONCE]
        replies = await _ask(redis, keys, some)
        fares = await health(redis, keys, [endpoint.id for endpoint in some])
        found += [
            _statistics(e, state(e, fares[e.id]), reply, between.get(e.id), now_ms)
            for e, reply in zip(some, replies, strict=True)
        ]
    return found


async def _ask(redis: Redis, keys: Keys, endpoints: Sequence[Endpoint]) -> list[list[Any]]:
    """Return for each: entries in its stream, its first one, what is pending, its counters, in line, skipped."""
    pipeline = redis.pipeline(transaction=False)
    for endpoint in endpoints:
        stream = keys.deliveries(endpoint.id)
        pipeline.xlen(stream)
        pipeline.xrange(stream, count=1)
        pipeline.xpending(stream, GROUP)
        pipeline.hgetall(keys.endpoint_stats(endpoint.id))
        pipeline.zcard(keys.ordered(endpoint.id))
        pipeline.zcard(keys.skipped(endpoint.id))
    replies = await pipeline.execute(raise_on_error=False)
    return [replies[at : at + EACH] for at in range(0, len(replies), EACH)]


def _statistics(
    endpoint: Endpoint, its_state: str, replies: Sequence[Any], between: Retrying | None, now_ms: int
) -> EndpointStatistics:
    length, first, pending, counted, in_line, skipped = map(_reply, replies)
    # The stream is read in its order, where a retry stands behind what came meanwhile: its head is about the oldest.
    ages = [stored_ms(fields[b"e"]) for _, fields in first or ()] + ([between.oldest_ms] if between else [])
    retries = between.count if between else 0
    counters = {name.decode(): int(number) for name, number in counted.items()}
    return EndpointStatistics(
        id=endpoint.id,
        state=its_state,
        lag=Lag(length + retries + in_line, seconds_since(min(ages, default=None), now_ms)),
        in_flight=pending["pending"] if pending else 0,
        retrying=retries,
        delivered=counters.get("delivered", 0),
        dead=counters.get("dead", 0),
        retries=counters.get("retrying", 0),
        skipped=skipped,
    )


def _reply(reply: Any) -> Any:  # noqa: ANN401 - what Redis replied
    if isinstance(reply, ResponseError) and str(reply).startswith("NOGROUP"):
        # Removed since the endpoints were read.
        return None
    if isinstance(reply, Exception):
        raise reply
    return reply
