"""Subscribers that do their worst, and one that does not: each a real server on the loopback."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\n"
NOTHING = b"content-length: 0\r\n\r\n"


@dataclass
class Subscriber:
    """A server's port, and how often somebody has connected to it."""

    port: int = 0
    connections: int = 0


@asynccontextmanager
async def subscriber(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> AsyncIterator[Subscriber]:
    """Run one until the block ends; what it does with a connection ends then, too."""
    found, tasks = Subscriber(), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.connections += 1
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await behaviour(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)


def answering(answer: bytes, after: bytes = b"\r\n\r\n") -> Behaviour:
    """Send these bytes once the caller has sent so much, and close."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(after)
        writer.write(answer)
        await writer.drain()

    return behave


def polite(answer: bytes, heads: list[bytes] | None = None) -> Behaviour:
    """Give each request whose body is `{}` the same answer while the caller stays, and note the request in `heads`."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await reader.readuntil(b"\r\n\r\n{}")
            writer.write(answer)
            if heads is not None:
                heads.append(request)

    return behave


def silent_after(beginning: bytes) -> Behaviour:
    """Send a beginning, and then nothing more."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering(beginning)(reader, writer)
        await asyncio.Event().wait()

    return behave


def dripping(beginning: bytes, drop: bytes, every: float = 0.02) -> Behaviour:
    """Send a beginning, and then a drop at a time, for ever."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering(beginning)(reader, writer)
        while True:
            await asyncio.sleep(every)
            writer.write(drop)
            await writer.drain()

    return behave


def flooding(beginning: bytes, piece: bytes) -> Behaviour:
    """Send a beginning, and then the same piece as fast as it is taken, for ever."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering(beginning)(reader, writer)
        block = piece * (64 * 1024 // len(piece))
        while True:
            writer.write(block)
            await writer.drain()

    return behave


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Break the connection off as a crashed machine does."""
    await reader.readuntil(b"\r\n\r\n")
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def deaf(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer at once and never read what is sent."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # what reads is not typed as a writer's transport
    writer.write(OK + NOTHING)
    await asyncio.Event().wait()


@contextmanager
def full_backlog() -> Iterator[int]:
    """Listen where nobody accepts and no more callers fit in; yield the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        callers = [socket.socket() for _ in range(4)]
        for caller in callers:
            caller.settimeout(0)
            caller.connect_ex(listener.getsockname())
        try:
            yield listener.getsockname()[1]
        finally:
            for caller in callers:
                caller.close()
