"""The egress guard, where the socket is made: an address that may not be reached is refused before it is connected to.

Names are looked up once and every answer is judged; the connection goes to a judged address, while Host, SNI and
certificate stay those of the name. Address literals skip a resolver in aiohttp, so the socket's maker judges again.
"""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from service.endpoints.addresses import Network, refusal

LOOK_UP = 5.0
"""Seconds for a name look-up."""


class RefusedAddressError(OSError):
    """The address may not be reached."""


def _judge(address: str, allowed: Sequence[Network]) -> None:
    reason = refusal(address, allowed)
    if reason:
        raise RefusedAddressError(reason)


class JudgingResolver(AbstractResolver):
    """Looks names up with a deadline and refuses a name that leads to any refused address."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        """`allowed` networks may be reached although they are private."""
        self._allowed = allowed
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name. Raises OSError where there are none, or one is refused."""
        async with asyncio.timeout(LOOK_UP):
            answers = await self._resolver.resolve(host, port, family)
        for answer in answers:
            _judge(answer["host"], self._allowed)
        return answers

    async def close(self) -> None:
        """Close what is held."""
        await self._resolver.close()


def connector(allowed: Sequence[Network]) -> aiohttp.TCPConnector:
    """Return a connector that reaches only permitted addresses; limits are the caller's business."""

    def make_socket(info: Any) -> socket.socket:  # noqa: ANN401 - what getaddrinfo gives
        family, kind, protocol, _, address = info
        _judge(str(address[0]), allowed)
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(
        limit=0, resolver=JudgingResolver(allowed), socket_factory=make_socket, keepalive_timeout=30
    )
