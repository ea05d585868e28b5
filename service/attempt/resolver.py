"""Names to addresses: each name looked up once, every answer judged, and nobody kept waiting by somebody else's name.

The system's own look-up holds a thread for as long as a name server keeps silent (30 s and more), and a few dead names
hold them all. Here c-ares asks, over one socket for all names; it reads the system's configuration and hosts file.
"""

import asyncio
import functools
import socket
from collections.abc import Sequence
from weakref import WeakValueDictionary

import aiodns
from pycares import AddrInfoNode, AddrInfoResult

from service.endpoints.addresses import Network, refusal

LOOK_UP = 5.0
"""Seconds for a name look-up."""
MOST_AT_ONCE = 2
"""Look-ups of one name under way: a silent name server is not asked again for each event that waits."""
MOST_ANSWERS = 64
"""Addresses of one name; no honest name has more, and each of them is judged."""
MOST_TRIED = 8
"""Addresses of one name that are connected to, in turn."""

# c-ares waits a quarter of a second or more for the first answer and twice as long each time: this fills the deadline.
_TRIES = 5


class RefusedAddressError(OSError):
    """The address may not be reached."""


class LookUpError(OSError):
    """The name has no address, or its name server is at fault."""


class LookUpTimeoutError(LookUpError):
    """No name server answered in time."""


def judge(address: str, allowed: Sequence[Network]) -> None:
    """Raise RefusedAddressError where an address may not be reached. `allowed` networks may, although private."""
    reason = refusal(address, allowed)
    if reason:
        raise RefusedAddressError(reason)


class Resolver:
    """Looks names up; must be made inside a running loop, and closed."""

    def __init__(
        self, allowed: Sequence[Network], *, within: float = LOOK_UP, name_servers: Sequence[str] = ()
    ) -> None:
        """Answers count for `within` seconds; `name_servers` (`address:port`) are asked instead of the system's."""
        self._allowed, self._within = allowed, within
        self._resolver = aiodns.DNSResolver(name_servers or None, tries=_TRIES)
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def addresses(self, host: str) -> list[str]:
        """Return the addresses of a name, at most MOST_TRIED, in the order in which to try them (RFC 6724).

        Raises RefusedAddressError where a single one of all is refused, LookUpTimeoutError, and LookUpError.
        """
        if not host.isascii():
            raise LookUpError(f"{host} is no name that can be looked up")
        try:
            async with asyncio.timeout(self._within):
                found = await self._ask(host)
        except TimeoutError:
            raise LookUpTimeoutError(f"nobody knew {host} within {self._within} s") from None
        except aiodns.error.DNSError as error:
            kind = LookUpTimeoutError if error.args[0] == aiodns.error.ARES_ETIMEOUT else LookUpError
            raise kind(f"{host} could not be looked up: {error.args[-1]}") from None
        if len(found) > MOST_ANSWERS:
            raise RefusedAddressError(f"{host} has {len(found)} addresses; at most {MOST_ANSWERS} are possible")
        for address in found:
            judge(address, self._allowed)
        return found[:MOST_TRIED]

    async def _ask(self, host: str) -> list[str]:
        turn = self._turns.setdefault(host, asyncio.Semaphore(MOST_AT_ONCE))
        await turn.acquire()
        asked = self._resolver.getaddrinfo(host, type=socket.SOCK_STREAM)
        # c-ares cannot be stopped: who gives up waiting leaves the question under way, and it counts until its end.
        asked.add_done_callback(functools.partial(_ended, turn))
        await asyncio.wait([asked])
        return [_address(node) for node in asked.result().nodes]

    async def close(self) -> None:
        """End all look-ups."""
        await self._resolver.close()


def _ended(turn: asyncio.Semaphore, asked: asyncio.Future[AddrInfoResult]) -> None:
    turn.release()
    if not asked.cancelled():
        # Looked at, lest asyncio reports what nobody has waited for.
        asked.exception()


def _address(node: AddrInfoNode) -> str:
    """Return an address as text, with its scope where it has one."""
    address: str = node.addr[0].decode()
    scope = node.addr[3] if node.family == socket.AF_INET6 else 0
    return f"{address}%{scope}" if scope else address
