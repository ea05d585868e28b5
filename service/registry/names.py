"""Names of endpoints: each is given once, so that `endpoints apply` finds what it means."""

from redis.asyncio import Redis

from service.store.endpoints import listing
from service.store.keys import Keys


async def taken(redis: Redis, keys: Keys, name: str, own_id: str = "") -> list[str]:
    """Return a sentence where a name is that of an endpoint other than `own_id`. Raises RedisError."""
    if not name:
        return []
    known = (await listing(redis, keys)).endpoints.values()
    other = next((each.id for each in known if each.name == name and each.id != own_id), None)
    return [f"name: {other} has it already"] if other else []
