"""Reading sorted sets of several endpoints as one, in the order of their scores, from a position on."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from redis.asyncio import Redis

from service.store.position import Position

SETS_AT_ONCE = 200
"""Sets asked for in one pipeline."""


class Span(msgspec.Struct, frozen=True):
    """Which scores are meant, both bounds included (None: no bound), and whether the highest comes first."""

    low: int | None = None
    high: int | None = None
    newest_first: bool = True


async def read(
    redis: Redis, names: Mapping[str, str], span: Span, *, after: Position | None, count: int
) -> list[Position]:
    """Return the next `count` members of the sorted sets `names` (keys by endpoint) behind the position `after`.

    Members with one score come in the order of endpoint and member. Raises redis.exceptions.RedisError.
    """
    found: list[Position] = []
    endpoint_ids = list(names)
    for begin in range(0, len(endpoint_ids), SETS_AT_ONCE):
        some = endpoint_ids[begin : begin + SETS_AT_ONCE]
        found += await _read(redis, {name: names[name] for name in some}, span, after, count)
        found = sorted(found, reverse=span.newest_first)[:count]
    return found


async def _read(
    redis: Redis, names: Mapping[str, str], span: Span, after: Position | None, count: int
) -> list[Position]:
    pipeline = redis.pipeline(transaction=False)
    low, high = _bounds(span, after)
    for key in names.values():
        if after is not None:
            # What has the position's own score is read whole: few things happen in one millisecond.
            pipeline.zrangebyscore(key, after.number, after.number, withscores=True)
        if span.newest_first:
            pipeline.zrevrangebyscore(key, high, low, 0, count, withscores=True)
        else:
            pipeline.zrangebyscore(key, low, high, 0, count, withscores=True)
    replies = await pipeline.execute()
    each = 1 if after is None else 2
    parts = zip(names, (replies[at : at + each] for at in range(0, len(replies), each)), strict=True)
    return [
        position
        for endpoint_id, several in parts
        for position in _positions(endpoint_id, (pair for reply in several for pair in reply))
        if after is None or (position < after if span.newest_first else position > after)
    ]


def _bounds(span: Span, after: Position | None) -> tuple[str, str]:
    low = "-inf" if span.low is None else str(span.low)
    high = "+inf" if span.high is None else str(span.high)
    if after is None:
        return low, high
    beyond = f"({after.number}"
    return (low, beyond) if span.newest_first else (beyond, high)


def _positions(endpoint_id: str, pairs: Iterable[tuple[Any, float]]) -> Iterable[Position]:
    return (Position(int(score), endpoint_id, member.decode()) for member, score in pairs)
