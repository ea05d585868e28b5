"""Trimming the event log: by age, and never an event that is not routed yet or that somebody still waits for."""

from collections.abc import Iterable
from typing import Any

from redis.asyncio import Redis

from service.store.client import run, script
from service.store.keys import Keys

EntryId = tuple[int, int]
DEAD_KEPT = 30 * 86400
"""Seconds that a dead delivery is kept."""
PAGE = 1000
"""Entries that one call looks at."""


async def trim(redis: Redis, keys: Keys, retention: int, endpoint_ids: Iterable[str]) -> int:
    """Trim events older than `retention` seconds and older than whatever is waited for; return how many went.

    What is waited for and no longer in the log, such as a dead delivery that is tried again, holds nothing back.
    """
    seconds, _ = await redis.time()
    horizon: EntryId = ((int(seconds) - retention) * 1000, 0)
    oldest: Any = await redis.xrange(keys.events, count=1)
    if not oldest or _order(oldest[0][0]) >= horizon:
        return 0
    cursor: Any = await redis.get(keys.routing_cursor)
    waited = await _waited_for(redis, keys, endpoint_ids, _order(oldest[0][0]))
    keep_from = min([horizon, _order(cursor or b"0-0"), *waited])
    return int(await redis.xtrim(keys.events, minid=f"{keep_from[0]}-{keep_from[1]}", approximate=False))


async def forget(redis: Redis, keys: Keys, endpoint_ids: Iterable[str]) -> int:
    """Forget skipped events that the log no longer has, and deliveries dead for DEAD_KEPT; return how many."""
    seconds, _ = await redis.time()
    first: Any = await redis.xrange(keys.events, count=1)
    begin = _order(first[0][0])[0] if first else int(seconds) * 1000
    forgotten = 0
    for endpoint_id in endpoint_ids:
        forgotten += int(await redis.zremrangebyscore(keys.skipped(endpoint_id), "-inf", f"({begin}"))
        names = (keys.dead(endpoint_id), keys.dead_at(endpoint_id))
        forgotten += int(await run(redis, script("forget_dead"), names, ((int(seconds) - DEAD_KEPT) * 1000, PAGE)))
    return forgotten


async def _waited_for(redis: Redis, keys: Keys, endpoint_ids: Iterable[str], begin: EntryId) -> list[EntryId]:
    """Return the oldest entries, from `begin` on, that somebody waits for."""
    # Deliveries move between streams and retries while we look. No retry is due in the time that this takes, so
    # whatever leaves a stream after the first look at the retries is found by the second.
    waited = await _delayed(redis, keys, begin)
    for endpoint_id in endpoint_ids:
        # In this order: what has its turn moves from the line into the stream.
        waited += await _in_line(redis, keys.ordered(endpoint_id), begin)
        waited += await _oldest_in(redis, keys.deliveries(endpoint_id), begin)
    return waited + await _delayed(redis, keys, begin)


def _oldest(found: Iterable[EntryId], begin: EntryId) -> list[EntryId]:
    oldest = min((each for each in found if each >= begin), default=None)
    return [] if oldest is None else [oldest]


async def _delayed(redis: Redis, keys: Keys, begin: EntryId) -> list[EntryId]:
    retries: Any = redis.zscan_iter(keys.retries, count=PAGE)
    return _oldest([_order(member.split(b"|")[1]) async for member, _ in retries], begin)


async def _in_line(redis: Redis, ordered: str, begin: EntryId) -> list[EntryId]:
    oldest: list[EntryId] = []
    async for place, _ in redis.zscan_iter(ordered, count=PAGE):
        oldest = _oldest([*oldest, _order(place.rsplit(b"|", 4)[1])], begin)
    return oldest


async def _oldest_in(redis: Redis, stream: str, begin: EntryId) -> list[EntryId]:
    """Return the oldest event that a stream waits for: a retry stands behind newer ones, so all of it is read."""
    oldest: list[EntryId] = []
    start = "-"
    while page := await _page(redis, stream, start):
        oldest = _oldest([*oldest, *(_order(fields[b"e"]) for _, fields in page)], begin)
        start = f"({page[-1][0].decode()}"
    return oldest


async def _page(redis: Redis, stream: str, start: str) -> Any:  # noqa: ANN401 - what Redis replied
    return await redis.xrange(stream, start, count=PAGE)


def _order(entry_id: bytes) -> EntryId:
    ms, _, number = entry_id.partition(b"-")
    return int(ms), int(number or 0)
