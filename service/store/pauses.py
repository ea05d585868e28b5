"""The breakers' state, which all relays share: who is paused, for how long, and who sends the probe.

All raise redis.exceptions.RedisError.
"""

from typing import Any

from redis.asyncio import Redis

from service.store.client import run, script
from service.store.keys import Keys


async def pause(
    redis: Redis, keys: Keys, endpoint_id: str, *, first: float, longest: float, probe_failed: bool = False
) -> float:
    """Open an endpoint's breaker and return the seconds until its next probe.

    `first` seconds, twice as long each time that a probe has failed, `longest` at most. Where another relay has
    opened it already, its pause holds. An endpoint that is gone is not paused (0.0).
    """
    names = (keys.paused, keys.endpoint_health(endpoint_id), keys.endpoints)
    args = (endpoint_id, int(first * 1000), int(longest * 1000), "1" if probe_failed else "")
    return float(await run(redis, script("pause"), names, args)) / 1000


async def probe(redis: Redis, keys: Keys, endpoint_id: str, lease: float) -> bool:
    """Return whether this relay may send a paused endpoint one delivery; for `lease` seconds nobody else may."""
    return bool(await run(redis, script("probe"), (keys.paused,), (endpoint_id, int(lease * 1000))))


async def resume(redis: Redis, keys: Keys, endpoint_id: str) -> None:
    """Close an endpoint's breaker."""
    await run(redis, script("resume"), (keys.paused, keys.endpoint_health(endpoint_id)), (endpoint_id, keys.ready, ""))


async def give_back(redis: Redis, keys: Keys, endpoint_id: str) -> None:
    """Let anybody probe again: nothing was there to probe with."""
    await run(redis, script("resume"), (keys.paused, keys.endpoint_health(endpoint_id)), (endpoint_id, keys.ready, "1"))


async def paused(redis: Redis, keys: Keys) -> dict[str, float]:
    """Return the paused endpoints, each with the seconds until its next probe."""
    found: list[Any] = await run(redis, script("paused"), (keys.paused,), ())
    return {name.decode(): int(ms) / 1000 for name, ms in zip(found[::2], found[1::2], strict=True)}
