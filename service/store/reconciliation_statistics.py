"""Reconciliation as people see it: how many events callbacks did not bring, and how the last pass went."""

from collections.abc import Mapping
from typing import Any

import msgspec
from redis.asyncio import Redis

from service.events.reconciled import Pass
from service.events.times import from_milliseconds
from service.store.keys import Keys
from service.store.reconciliation import DELETED, REPAIRED

_read = msgspec.json.Decoder(Pass).decode


class LastPass(msgspec.Struct, frozen=True, kw_only=True):
    """The pass that ended last: see service.events.reconciled. `age_seconds` is how long ago that was."""

    began_at: str
    ended_at: str
    age_seconds: float
    calls: int
    open: int
    looks: int
    left: int
    error: str | None


class ReconciliationStatistics(msgspec.Struct, frozen=True):
    """Events that were found missing, by type, and conversations found deleted, since installation.

    `since` is the time before which everything is history. It and `last` are None before the first pass.
    """

    repaired: dict[str, int]
    deleted: int
    since: str | None
    last: LastPass | None


async def reconciliation_statistics(
    redis: Redis, keys: Keys, counted: Mapping[str, int], now_ms: int
) -> ReconciliationStatistics:
    """Return the figures; `counted` are all counters. Raises redis.exceptions.RedisError."""
    found: Any = await redis.hmget(keys.reconciliation, ["since", "last"])
    since, last = found
    return ReconciliationStatistics(
        {n.removeprefix(REPAIRED): number for n, number in sorted(counted.items()) if n.startswith(REPAIRED)},
        counted.get(DELETED, 0),
        since.decode() if since else None,
        _last(last, now_ms) if last else None,
    )


async def last_pass(redis: Redis, keys: Keys, *, preview_of: str | None = None) -> Pass | None:
    """Return the pass that ended last, or the preview that a job made; None where there is none (any more).

    Raises redis.exceptions.RedisError.
    """
    found: Any = (
        await redis.hget(keys.reconciliation, "last")
        if preview_of is None
        else await redis.get(keys.reconciliation_preview(preview_of))
    )
    return _read(found) if found else None


def _last(text: bytes, now_ms: int) -> LastPass:
    found, now = _read(text), from_milliseconds(now_ms)
    return LastPass(
        began_at=found.began_at,
        ended_at=found.ended_at,
        age_seconds=found.seconds_until(now),
        calls=found.calls,
        open=found.open,
        looks=found.looks,
        left=found.left,
        error=found.error,
    )
