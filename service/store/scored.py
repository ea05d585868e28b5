"""Reading sorted sets of several endpoints as one, in the order of their scores, from a position on."""

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from service.store.position import Position

SETS_AT_ONCE = 200
"""Sets asked for in one pipeline."""


async def read(
    redis: Redis,
    names: Mapping[str, str],
    *,
    count: int,
    after: Position | None = None,
    low: int = 0,
    high: int | None = None,
    newest_first: bool = True,
) -> list[Position]:
    """Return the next `count` members of the sorted sets `names` (keys by endpoint) behind the position `after`.

    `low` and `high` bound the scores, both included. Members with one score come in the order of endpoint and member.
    Raises redis.exceptions.RedisError.
    """
    found: list[Position] = []
    endpoint_ids = list(names)
    for begin in range(0, len(endpoint_ids), SETS_AT_ONCE):
        some = {name: names[name] for name in endpoint_ids[begin : begin + SETS_AT_ONCE]}
        found += await _read(redis, some, count, after, _bounds(after, low, high, newest_first=newest_first))
        found = sorted(found, reverse=newest_first)[:count]
    return found


class _Bounds(tuple[str, tuple[str, str] | None, tuple[str, str]]):
    """The command, the range of what has the position's own score, and the range behind that."""

    __slots__ = ()


def _bounds(after: Position | None, low: int, high: int | None, *, newest_first: bool) -> _Bounds:
    least, most = str(low), "+inf" if high is None else str(high)
    if newest_first:
        ties = None if after is None else (str(after.number), str(after.number))
        return _Bounds(("ZREVRANGEBYSCORE", ties, (f"({after.number}" if after else most, least)))
    ties = None if after is None else (str(after.number), str(after.number))
    return _Bounds(("ZRANGEBYSCORE", ties, (f"({after.number}" if after else least, most)))
