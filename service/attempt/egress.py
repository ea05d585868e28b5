"""The egress guard, where the socket is made: an address that may not be reached is refused before it is connected to.

Names are looked up once and every answer is judged; the connection goes to a judged address, while Host, SNI and
certificate stay those of the name. Address literals skip a resolver in aiohttp, so the socket's maker judges again.
"""

import functools
import socket
import ssl
from collections.abc import Sequence
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from service.attempt.connection import connection
from service.attempt.resolver import Resolver, judge
from service.endpoints.addresses import Network

KEPT_OPEN = 4.0
"""Seconds that an idle connection is kept: many servers close theirs after 5, and what crosses that is lost."""


class _Names(AbstractResolver):
    """Our resolver as aiohttp wants it."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self._resolver.addresses(host)
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
            for address in addresses
        ]

    async def close(self) -> None:
        await self._resolver.close()


class GuardedConnector(aiohttp.TCPConnector):
    """Reaches only permitted addresses; how many connections there are is the caller's business."""

    def __init__(self, allowed: Sequence[Network], resolver: Resolver, trust: ssl.SSLContext) -> None:
        def make_socket(info: Any) -> socket.socket:  # noqa: ANN401 - what getaddrinfo gives
            family, kind, protocol, _, address = info
            judge(str(address[0]), allowed)
            return socket.socket(family, kind, protocol)

        super().__init__(
            limit=0, resolver=_Names(resolver), socket_factory=make_socket, ssl=trust, keepalive_timeout=KEPT_OPEN
        )
        self._factory = functools.partial(connection, loop=self._loop)

    async def close(self, *, abort_ssl: bool = False) -> None:
        """Close all connections, and the resolver with them: aiohttp leaves one that it was given open."""
        await super().close(abort_ssl=abort_ssl)
        await self._resolver.close()


def trust() -> ssl.SSLContext:
    """Return how subscribers are verified: TLS 1.2 or newer, and the authorities of the system."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
