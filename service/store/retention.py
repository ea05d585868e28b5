"""Trimming the event log: by age, and never an event that is not routed yet or that somebody still waits for."""

from collections.abc import Iterable
from typing import Any

from redis.asyncio import Redis

from service.store.keys import Keys

EntryId = tuple[int, int]


async def trim(redis: Redis, keys: Keys, retention: int, endpoint_ids: Iterable[str]) -> int:
    """Trim events older than `retention` seconds and older than whatever is waited for; return how many went."""
    seconds, _ = await redis.time()
    horizon: EntryId = ((int(seconds) - retention) * 1000, 0)
    oldest: Any = await redis.xrange(keys.events, count=1)
    if not oldest or _order(oldest[0][0]) >= horizon:
        return 0
    keep_from = min([horizon, *await _waited_for(redis, keys, endpoint_ids)])
    return int(await redis.xtrim(keys.events, minid=f"{keep_from[0]}-{keep_from[1]}", approximate=False))


async def _waited_for(redis: Redis, keys: Keys, endpoint_ids: Iterable[str]) -> list[EntryId]:
    cursor: Any = await redis.get(keys.routing_cursor)
    waited = [_order(cursor or b"0-0")]
    for endpoint_id in endpoint_ids:
        first: Any = await redis.xrange(keys.deliveries(endpoint_id), count=1)
        waited += [_order(fields[b"e"]) for _, fields in first]
    retries: Any = redis.zscan_iter(keys.retries)
    async for member, _ in retries:
        waited.append(_order(member.split(b"|")[1]))
    return waited


def _order(entry_id: bytes) -> EntryId:
    ms, _, number = entry_id.partition(b"-")
    return int(ms), int(number or 0)
