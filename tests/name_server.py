"""A small real name server: it answers as it is told, changes its mind, or keeps silent."""

import asyncio
import ipaddress
import struct
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

A, AAAA = 1, 28
_NO_ERROR, _NO_SUCH_NAME = 0x8180, 0x8183


@dataclass
class NameServer(asyncio.DatagramProtocol):
    """`records` are addresses by name; those of `silent` never get an answer, all others after `delay` seconds.

    `questions` holds the ids under which a name's IPv4 address was asked for, `at_once` how many of them at a time.
    """

    records: dict[str, list[str]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    delay: float = 0.0
    address: str = ""
    questions: dict[str, set[bytes]] = field(default_factory=dict)
    at_once: Counter[str] = field(default_factory=Counter)
    _waiting: Counter[str] = field(default_factory=Counter)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take one question (RFC 1035, 4.1)."""
        name, end = _name(data)
        kind = struct.unpack_from("!H", data, end)[0]
        if kind == A:
            self.questions.setdefault(name, set()).add(data[:2])
            self._waiting[name] += 1
            self.at_once[name] = max(self.at_once[name], self._waiting[name])
        if name not in self.silent:
            asyncio.get_running_loop().call_later(self.delay, self._answer, name, kind, data[: end + 4], addr)

    def _answer(self, name: str, kind: int, question: bytes, addr: tuple[str, int]) -> None:
        self._waiting[name] -= kind == A
        packed = [ipaddress.ip_address(text).packed for text in self.records.get(name, ())]
        found = [each for each in packed if len(each) == (4 if kind == A else 16)]
        flags = _NO_ERROR if name in self.records else _NO_SUCH_NAME
        head = question[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0)
        # Each answer names the question's name and lives for no time at all.
        answers = [b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(each)) + each for each in found]
        self._transport.sendto(head + question[12:] + b"".join(answers), addr)


def _name(data: bytes) -> tuple[str, int]:
    """Return the name that is asked for, and where it ends."""
    at, labels = 12, []
    while length := data[at]:
        labels.append(data[at + 1 : at + 1 + length].decode().lower())
        at += 1 + length
    return ".".join(labels), at + 1


@asynccontextmanager
async def name_server(records: dict[str, list[str]] | None = None) -> AsyncIterator[NameServer]:
    """Run one on a free port of the loopback until the block ends."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: NameServer(dict(records or {})), local_addr=("127.0.0.1", 0)
    )
    server.address = f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    try:
        yield server
    finally:
        transport.close()
