"""Giving an endpoint another secret, beside which the present one signs for a while."""

import hmac

import msgspec

from service.endpoints.endpoint import Endpoint, Scheme
from service.endpoints.rotation import USUAL_OVERLAP, Successor, overlap_mistakes, succeeded
from service.endpoints.secret import InvalidSecretError
from service.registration import InvalidEndpointError
from service.registry.alteration import alter
from service.registry.registry import Registry
from service.registry.sealing import key, shown_secret
from service.store.secrets import Sealer


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: a secret (None: one is made), its scheme (None: as it is), and seconds of overlap."""

    secret: str | None = None
    scheme: Scheme | None = None
    expire_old_in: int = USUAL_OVERLAP


async def rotate(registry: Registry, endpoint_id: str, rotation: Rotation, now_ms: int) -> tuple[Endpoint, str] | None:
    """Return an endpoint with its new secret, which is shown this once ("" for v1a); None where there is no endpoint.

    Raises InvalidEndpointError, service.endpoints.rotation.RefusedRotationError where too many secrets sign already,
    service.registry.alteration.ContendedError, service.store.secrets.WrongSecretKeyError, and RedisError.
    """
    found = overlap_mistakes(rotation.expire_old_in)
    if found:
        raise InvalidEndpointError(found)
    shown = ""

    async def decide(old: Endpoint) -> Endpoint:
        nonlocal shown
        scheme = rotation.scheme or old.scheme
        raw = _key(scheme, rotation.secret)
        shown = shown_secret(scheme, raw)
        return with_key(registry.sealer, old, raw, Successor("", scheme, rotation.expire_old_in), now_ms)

    endpoint = await alter(registry.redis, registry.keys, endpoint_id, decide, now_ms)
    return None if endpoint is None else (endpoint, shown)


def with_key(sealer: Sealer, endpoint: Endpoint, raw: bytes, new: Successor, now_ms: int) -> Endpoint:
    """Return an endpoint that signs with another key. Raises as `rotate` does, but for Redis.

    One that was retired and comes back is retired no more: it would sign twice.
    """
    if new.scheme == endpoint.scheme and _same(sealer, endpoint.sealed_secret, raw):
        raise InvalidEndpointError(["secret: is the one that signs already"])
    retired = tuple(
        old for old in endpoint.retired if old.scheme != new.scheme or not _same(sealer, old.sealed_secret, raw)
    )
    new = msgspec.structs.replace(new, sealed_secret=sealer.seal(raw))
    return succeeded(msgspec.structs.replace(endpoint, retired=retired), new, now_ms)


def _key(scheme: Scheme, given: str | None) -> bytes:
    try:
        return key(scheme, given)
    except InvalidSecretError as error:
        raise InvalidEndpointError([f"secret: {error}"]) from None


def _same(sealer: Sealer, sealed_secret: str, raw: bytes) -> bool:
    return hmac.compare_digest(sealer.open(sealed_secret), raw)
