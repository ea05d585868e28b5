"""The endpoints as they stand in Redis. Each change raises a version, which routing commits are checked against."""

from collections.abc import Mapping

import msgspec
from redis.asyncio import Redis

from service.endpoints.endpoint import Endpoint
from service.store.client import run, script
from service.store.keys import Keys

_decode = msgspec.json.Decoder(Endpoint).decode


class Listing(msgspec.Struct, frozen=True):
    """All endpoints by id, in the version in which they were read."""

    version: int
    endpoints: Mapping[str, Endpoint]


async def listing(redis: Redis, keys: Keys) -> Listing:
    """Return all endpoints and their version, read as one."""
    pipeline = redis.pipeline(transaction=True)
    pipeline.get(keys.endpoints_version)
    pipeline.hgetall(keys.endpoints)
    version, records = await pipeline.execute()
    found = (_decode(record) for record in records.values())
    ordered = sorted(found, key=lambda endpoint: (endpoint.created_at, endpoint.id))
    return Listing(int(version or 0), {endpoint.id: endpoint for endpoint in ordered})


async def get(redis: Redis, keys: Keys, endpoint_id: str) -> Endpoint | None:
    """Return one endpoint, or None."""
    record = await redis.hget(keys.endpoints, endpoint_id)
    return None if record is None else _decode(record)


async def put(redis: Redis, keys: Keys, endpoint: Endpoint) -> int:
    """Store an endpoint and return the new version; an event answered after that reaches it."""
    names = (keys.endpoints, keys.endpoints_version, keys.deliveries(endpoint.id))
    return int(await run(redis, script("endpoint_add"), names, (endpoint.id, msgspec.json.encode(endpoint))))


async def remove(redis: Redis, keys: Keys, endpoint_id: str) -> bool:
    """Remove an endpoint with its stream, dead deliveries and counters; return whether there was one."""
    names = (
        keys.endpoints, keys.endpoints_version, keys.deliveries(endpoint_id), keys.dead(endpoint_id),
        keys.endpoint_stats(endpoint_id),
    )  # fmt: skip
    return bool(await run(redis, script("endpoint_remove"), names, (endpoint_id,)))
