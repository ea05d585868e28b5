"""Making an endpoint: check what was asked for, look its name up, seal its secret, store it."""

import asyncio
import secrets
import socket
import time
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec
from redis.asyncio import Redis

from service.endpoints.addresses import Network, refusal
from service.endpoints.endpoint import Endpoint, NewEndpoint, mistakes
from service.endpoints.secret import MADE, InvalidSecretError, decode, encode
from service.store import endpoints
from service.store.keys import Keys
from service.store.secrets import Sealer

LOOK_UP = 5.0
"""Seconds for the name look-up."""


class InvalidEndpointError(Exception):
    """The endpoint cannot be made; `mistakes` holds a sentence for each reason."""

    def __init__(self, found: Sequence[str]) -> None:
        super().__init__("; ".join(found))
        self.mistakes = tuple(found)


class Egress(msgspec.Struct, frozen=True):
    """What subscribers' URLs are allowed beyond the rule: plain http, and private networks by name."""

    allow_http: bool = False
    allowed: tuple[Network, ...] = ()


async def register(redis: Redis, keys: Keys, sealer: Sealer, egress: Egress, new: NewEndpoint) -> tuple[Endpoint, str]:
    """Make and store an endpoint; return it with its secret, which is shown this once.

    Raises InvalidEndpointError with every mistake, and redis.exceptions.RedisError.
    """
    found = mistakes(new, allow_http=egress.allow_http, allowed=egress.allowed)
    raw = secrets.token_bytes(MADE)
    if new.secret is not None:
        try:
            raw = decode(new.secret)
        except InvalidSecretError as error:
            found.append(f"secret: {error}")
    found += [] if found else await _look_up(new.url, egress.allowed)
    if found:
        raise InvalidEndpointError(found)
    endpoint = Endpoint(
        id=f"ep_{secrets.token_hex(8)}",
        url=new.url,
        types=new.types,
        description=new.description,
        sealed_secret=sealer.seal(raw),
        created_at=int(time.time() * 1000),
    )
    await endpoints.put(redis, keys, endpoint)
    return endpoint, encode(raw)


async def _look_up(url: str, allowed: Sequence[Network]) -> list[str]:
    host = urlsplit(url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return await _judge_name(host, allowed)
    return []


async def _judge_name(host: str, allowed: Sequence[Network]) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LOOK_UP):
            answers = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return [f"url: the name {host} could not be looked up; is it spelled right and public?"]
    reasons = (refusal(str(answer[4][0]), allowed) for answer in answers)
    refused = next((reason for reason in reasons if reason), None)
    return [f"url: the name {host} leads to an address that is refused: {refused}"] if refused else []
