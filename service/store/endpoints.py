"""The endpoints as they stand in Redis. Each change raises a version, which routing commits are checked against."""

from collections.abc import Mapping
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import WatchError

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


async def version(redis: Redis, keys: Keys) -> int:
    """Return the version that the endpoints stand in."""
    found: Any = await redis.get(keys.endpoints_version)
    return int(found or 0)


async def get(redis: Redis, keys: Keys, endpoint_id: str) -> Endpoint | None:
    """Return one endpoint, or None."""
    record = await redis.hget(keys.endpoints, endpoint_id)
    return None if record is None else _decode(record)


async def put(redis: Redis, keys: Keys, endpoint: Endpoint) -> int:
    """Store an endpoint and return the new version; an event answered after that reaches it."""
    names = (keys.endpoints, keys.endpoints_version, keys.deliveries(endpoint.id))
    return int(await run(redis, script("endpoint_add"), names, (endpoint.id, msgspec.json.encode(endpoint))))


async def change(redis: Redis, keys: Keys, old: Endpoint, new: Endpoint) -> bool:
    """Put `new` in the place of `old`; return False where it is another by now, or gone: read it again then."""
    async with redis.pipeline(transaction=True) as transaction:
        await transaction.watch(keys.endpoints)
        record: Any = await transaction.hget(keys.endpoints, old.id)
        if record is None or _decode(record) != old:
            return False
        transaction.multi()  # type: ignore[no-untyped-call]
        transaction.hset(keys.endpoints, new.id, msgspec.json.encode(new))
        transaction.incr(keys.endpoints_version)
        try:
            await transaction.execute()
        except WatchError:
            return False
    return True


async def remove(redis: Redis, keys: Keys, endpoint_id: str) -> bool:
    """Remove an endpoint with its stream, dead deliveries and counters; return whether there was one."""
    names = (keys.endpoints, keys.endpoints_version, keys.paused, *keys.of_endpoint(endpoint_id))
    return bool(await run(redis, script("endpoint_remove"), names, (endpoint_id,)))
