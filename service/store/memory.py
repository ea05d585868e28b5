"""How much of Redis's memory is used; beyond a share of it the receiver sheds instead of filling it to the brim."""

from redis.asyncio import Redis


async def used_share(redis: Redis) -> float:
    """Return used memory as a share of `maxmemory`, or of the machine's memory where no maximum is set."""
    info = await redis.info("memory")
    most = info.get("maxmemory") or info.get("total_system_memory") or 0
    return float(info["used_memory"]) / most if most else 0.0
