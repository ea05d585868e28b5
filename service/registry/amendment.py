"""Changing members of an endpoint that is there."""

import msgspec
from msgspec import UNSET

from service.endpoints.amendment import amended, merged
from service.endpoints.endpoint import Amendment, Endpoint, mistakes
from service.registration import InvalidEndpointError, unreachable
from service.registry.alteration import alter
from service.registry.names import taken
from service.registry.registry import Registry
from service.registry.sealing import header_values, sealed


async def amend(registry: Registry, endpoint_id: str, wish: Amendment, now_ms: int) -> Endpoint | None:
    """Return an endpoint after its members were changed, None where there is none.

    Raises InvalidEndpointError with every mistake, service.registry.alteration.ContendedError,
    service.store.secrets.WrongSecretKeyError, and redis.exceptions.RedisError.
    """
    await _check(registry, endpoint_id, wish)
    before: list[str] = []

    async def decide(old: Endpoint) -> Endpoint:
        before.append(old.name)
        return _with_headers(registry, amended(old, wish), wish)

    new = await alter(registry.redis, registry.keys, endpoint_id, decide, now_ms)
    if new is not None and new.name != before[-1]:
        await _keep_unique(registry, new, before[-1], now_ms)
    return new


async def _check(registry: Registry, endpoint_id: str, wish: Amendment) -> None:
    egress = registry.egress
    found = mistakes(wish, allow_http=egress.allow_http, allowed=egress.allowed)
    if wish.url is not UNSET and not found:
        found += await unreachable(wish.url, egress)
    if wish.name is not UNSET:
        found += await taken(registry.redis, registry.keys, wish.name, endpoint_id)
    if found:
        raise InvalidEndpointError(found)


def _with_headers(registry: Registry, endpoint: Endpoint, wish: Amendment) -> Endpoint:
    if wish.headers is UNSET:
        return endpoint
    before = header_values(registry.sealer, endpoint)
    after = merged(before, wish.headers)
    if after == before:
        # Sealed anew they would look changed.
        return endpoint
    found = mistakes(Amendment(headers=after), allow_http=True, allowed=())
    if found:
        raise InvalidEndpointError(found)
    return msgspec.structs.replace(endpoint, sealed_headers=sealed(registry.sealer, after))


async def _keep_unique(registry: Registry, endpoint: Endpoint, before: str, now_ms: int) -> None:
    """Take a name back that somebody else has given at the same moment. Raises InvalidEndpointError then."""
    found = await taken(registry.redis, registry.keys, endpoint.name, endpoint.id)
    if found:

        async def undo(old: Endpoint) -> Endpoint:
            return msgspec.structs.replace(old, name=before)

        await alter(registry.redis, registry.keys, endpoint.id, undo, now_ms)
        raise InvalidEndpointError(found)
