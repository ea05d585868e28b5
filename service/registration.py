"""Making an endpoint: check what was asked for, look its name up, seal its secret, store it."""

import secrets
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
from redis.asyncio import Redis

from service.attempt.resolver import LookUpError, RefusedAddressError, Resolver
from service.endpoints.addresses import Network, is_address
from service.endpoints.endpoint import Endpoint, NewEndpoint, mistakes
from service.endpoints.secret import InvalidSecretError
from service.registry.names import taken
from service.registry.sealing import key, sealed, shown_secret
from service.store import endpoints
from service.store.keys import Keys
from service.store.secrets import Sealer


class InvalidEndpointError(Exception):
    """The endpoint cannot be made; `mistakes` holds a sentence for each reason."""

    def __init__(self, found: Sequence[str]) -> None:
        super().__init__("; ".join(found))
        self.mistakes = tuple(found)


class Egress(msgspec.Struct, frozen=True):
    """What subscribers' URLs are allowed beyond the rule: plain http, and private networks by name.

    `name_servers` (`address:port`) are asked instead of the system's.
    """

    allow_http: bool = False
    allowed: tuple[Network, ...] = ()
    name_servers: tuple[str, ...] = ()


async def register(redis: Redis, keys: Keys, sealer: Sealer, egress: Egress, new: NewEndpoint) -> tuple[Endpoint, str]:
    """Make and store an endpoint; return it with its secret, which is shown this once ("" for v1a: never).

    Raises InvalidEndpointError with every mistake, and redis.exceptions.RedisError.
    """
    found = refusals(new, egress)
    found += [] if found else await unreachable(new.url, egress)
    found += await taken(redis, keys, new.name)
    if found:
        raise InvalidEndpointError(found)
    raw = key(new.scheme, new.secret)
    endpoint = _endpoint(sealer, new, raw)
    await endpoints.put(redis, keys, endpoint)
    found = await taken(redis, keys, new.name, endpoint.id)
    if found:
        # Somebody else gave the name at the same moment: neither may keep it unseen.
        await endpoints.remove(redis, keys, endpoint.id)
        raise InvalidEndpointError(found)
    return endpoint, shown_secret(new.scheme, raw)


def refusals(new: NewEndpoint, egress: Egress) -> list[str]:
    """Return a sentence for each mistake that can be seen without asking anybody."""
    found = mistakes(new, allow_http=egress.allow_http, allowed=egress.allowed)
    try:
        key(new.scheme, new.secret)
    except InvalidSecretError as error:
        found.append(f"secret: {error}")
    return found


async def unreachable(url: str, egress: Egress) -> list[str]:
    """Return a sentence where the name in a URL, which is well formed, leads nowhere, or where it may not."""
    host = urlsplit(url).hostname or ""
    return [] if is_address(host) else await _judge_name(host, egress)


def _endpoint(sealer: Sealer, new: NewEndpoint, raw: bytes) -> Endpoint:
    return Endpoint(
        id=f"ep_{secrets.token_hex(8)}",
        url=new.url,
        types=new.types,
        sealed_secret=sealer.seal(raw),
        created_at=int(time.time() * 1000),
        description=new.description,
        name=new.name,
        scheme=new.scheme,
        sealed_headers=sealed(sealer, new.headers),
        ordered=new.ordered,
        rate_limit=new.rate_limit,
    )


async def _judge_name(host: str, egress: Egress) -> list[str]:
    # The very look-up that a delivery will make.
    resolver = Resolver(egress.allowed, name_servers=egress.name_servers)
    try:
        await resolver.addresses(host)
    except RefusedAddressError as refused:
        return [f"url: the name {host} leads to an address that is refused: {refused}"]
    except LookUpError:
        return [f"url: the name {host} could not be looked up; is it spelled right and public?"]
    finally:
        await resolver.close()
    return []
