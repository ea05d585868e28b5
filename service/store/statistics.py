"""One look at everything that is counted: the same answer for the admin API, the metrics and whoever asks.

Read from Redis each time and never from the memory of a process, so it is the truth of all processes together.
"""

from collections.abc import Mapping

import msgspec
from redis.asyncio import Redis

from service.store.deliveries import HEARTBEAT_DEATH
from service.store.endpoint_statistics import EndpointStatistics, endpoint_statistics
from service.store.endpoints import listing
from service.store.job_statistics import JobStatistics, job_statistics
from service.store.keys import Keys
from service.store.lag import Lag, now, routing_lag
from service.store.memory_statistics import MemoryStatistics, memory_statistics
from service.store.reconciliation_statistics import ReconciliationStatistics, reconciliation_statistics
from service.store.stats import counters

REFUSED = "refused:"
"""What the counters of refusals begin with; the reason follows."""


class EventStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Callbacks since installation. `malformed` counts those that are kept for people to look at, at most 1,000.

    `unproven_accepted` were let in by SIGNATURE_MODE=report.
    """

    received: int
    duplicates: int
    refused: dict[str, int]
    unproven_accepted: int
    malformed: int


class RoutingStatistics(msgspec.Struct, frozen=True):
    """Events behind the cursor (counted up to 10,000), the relays that are alive, and whether one of them routes."""

    lag: Lag
    relays: int
    leased: bool


class Statistics(msgspec.Struct, frozen=True):
    """Everything at one moment, as near as several questions come to one."""

    events: EventStatistics
    routing: RoutingStatistics
    endpoints: list[EndpointStatistics]
    jobs: JobStatistics
    reconciliation: ReconciliationStatistics
    memory: MemoryStatistics


async def statistics(redis: Redis, keys: Keys) -> Statistics:
    """Return the figures of now. Raises redis.exceptions.RedisError."""
    at = await now(redis)
    known, counted = await listing(redis, keys), await counters(redis, keys)
    return Statistics(
        events=event_statistics(counted, int(await redis.xlen(keys.malformed))),
        routing=await _routing(redis, keys, at),
        endpoints=await endpoint_statistics(redis, keys, list(known.endpoints.values()), at),
        jobs=await job_statistics(redis, keys, at),
        reconciliation=await reconciliation_statistics(redis, keys, counted, at),
        memory=memory_statistics(counted),
    )


def event_statistics(counted: Mapping[str, int], malformed: int) -> EventStatistics:
    """Return what the counters say of callbacks. Pure."""
    return EventStatistics(
        received=counted.get("received", 0),
        duplicates=counted.get("duplicates", 0),
        refused={n.removeprefix(REFUSED): number for n, number in sorted(counted.items()) if n.startswith(REFUSED)},
        unproven_accepted=counted.get("unproven_accepted", 0),
        malformed=malformed,
    )


async def _routing(redis: Redis, keys: Keys, now_ms: int) -> RoutingStatistics:
    lag = await routing_lag(redis, keys, now_ms)
    relays = int(await redis.zcount(keys.relays, now_ms - HEARTBEAT_DEATH * 1000, "+inf"))
    return RoutingStatistics(lag, relays, bool(await redis.exists(keys.routing_lease)))
