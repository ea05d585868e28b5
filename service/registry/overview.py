"""Endpoints as people see them, with all that is known of them."""

from collections.abc import Callable, Sequence

from redis.asyncio import Redis

from service.endpoints.endpoint import Endpoint
from service.endpoints.shown import Facts, Shown, shown
from service.registry.sealing import header_values, public_key
from service.store.backlog import missed
from service.store.health import health
from service.store.keys import Keys
from service.store.secrets import Sealer


async def overview(
    redis: Redis, keys: Keys, sealer: Callable[[], Sealer] | None, endpoints: Sequence[Endpoint], now_ms: int
) -> list[Shown]:
    """Return these endpoints as they are shown; `sealer` is asked for only where there is something to open.

    Without one, names of headers and public keys are left out. Raises redis.exceptions.RedisError,
    service.store.secrets.WrongSecretKeyError, and what `sealer` raises.
    """
    ids = [endpoint.id for endpoint in endpoints]
    fares, behind = await health(redis, keys, ids), await missed(redis, keys, ids)

    def facts(endpoint: Endpoint) -> Facts:
        names = tuple(header_values(sealer(), endpoint)) if sealer and endpoint.sealed_headers else ()
        key = public_key(sealer(), endpoint) if sealer and endpoint.scheme == "v1a" else None
        return Facts(health=fares[endpoint.id], header_names=names, public_key=key, missed=behind[endpoint.id])

    return [shown(endpoint, facts(endpoint), now_ms) for endpoint in endpoints]
