"""Many commands in one write: the way of the two hot paths, append and settle, to Redis.

What redis-py's pipeline does, without its cost for each argument, each reply and each turn of its pool: that was a
third of the processor's time there. Replies are as Redis sends them, and an error reply is a value among them.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from hiredis import pack_command
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError

from service.store.client import ANSWER_TIMEOUT, Argument, Script

TRUSTED = 1.0
"""Seconds after its last use for which a connection is taken to be open without looking."""

Command = Sequence[Argument]
Call = tuple[Script, Sequence[str], Sequence[Argument]]
"""A script with its keys and arguments."""


class Line:
    """A connection of one's own, for a loop that has one exchange under way at a time."""

    def __init__(self, redis: Redis) -> None:
        """The connection is the client's, and closed with it; nothing is opened before the first exchange."""
        self._pool: Any = redis.connection_pool
        self._connection: Any = None
        self._used = 0.0

    async def exchange(self, commands: Sequence[Command], within: float = ANSWER_TIMEOUT) -> list[Any]:
        """Return the replies in the order of the commands.

        Raises RedisError or OSError where the connection fails or the replies are not complete within `within`
        seconds; then any of the commands may have been executed.
        """
        try:
            async with asyncio.timeout(within):
                await self.open()
                self.write(commands)
                return await self.read(len(commands))
        except TimeoutError:
            await self.drop()
            message = "no answer from Redis in time"
            raise RedisTimeoutError(message) from None
        except BaseException:
            # Replies that nobody reads would be taken for those of the next commands. And where the server has
            # become a replica, the next connection may find the new master.
            await self.drop()
            raise

    @property
    def is_open(self) -> bool:
        """Whether `write` may be called: there is a connection, and no reason to doubt it."""
        return self._connection is not None and asyncio.get_running_loop().time() - self._used <= TRUSTED

    def write(self, commands: Sequence[Command]) -> None:
        """Send commands now, whatever is still unanswered; their replies come to `read` in order.

        The line must be open. A connection that breaks is noticed by `read`.
        """
        # hiredis declares a tuple of one argument, and takes any number.
        packed = b"".join(pack_command(tuple(each)) for each in commands)  # type: ignore[arg-type]
        # redis-py's own sending is a coroutine with a deadline for each call. Here replies have one, which is enough.
        self._connection._writer.write(packed)  # noqa: SLF001
        self._used = asyncio.get_running_loop().time()

    async def read(self, number: int) -> list[Any]:
        """Return the next replies. Raises RedisError or OSError where the connection fails.

        The connection's own reading would set up a deadline, and words for its failure, for each reply.
        """
        parser = self._connection._parser  # noqa: SLF001
        replies = [await parser.read_response() for _ in range(number)]
        for reply in replies:
            if isinstance(reply, ReadOnlyError):
                raise reply
        return replies

    async def release(self) -> None:
        """Give the connection back to the client's pool."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._pool.release(connection)

    async def open(self) -> None:
        """Have a connection that can be trusted; not to be called while replies are awaited. Raises RedisError."""
        if not self.is_open:
            # The pool looks whether the other side has closed it meanwhile.
            await self.release()
            self._connection = await self._pool.get_connection()
            self._used = asyncio.get_running_loop().time()

    async def drop(self) -> None:
        """Close the connection; what was written and not answered may have been executed or not."""
        if self._connection is not None:
            await self._connection.disconnect(nowait=True)
        await self.release()


async def exchange(way: Redis | Line, commands: Sequence[Command], within: float = ANSWER_TIMEOUT) -> list[Any]:
    """Return the replies to commands sent in one write, over a line or over any connection of a client."""
    if isinstance(way, Line):
        return await way.exchange(commands, within)
    line = Line(way)
    try:
        return await line.exchange(commands, within)
    finally:
        await line.release()


async def run_each(way: Redis | Line, calls: Sequence[Call]) -> list[Any]:
    """Run scripts and return the replies in their order, error replies among them.

    Where Redis does not know a script it is loaded, and only what was not executed is sent again.
    """
    commands = [("EVALSHA", code.sha, len(keys), *keys, *args) for code, keys, args in calls]
    replies = await exchange(way, commands)
    unknown = [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
    if unknown:
        load = [("SCRIPT", "LOAD", text) for text in dict.fromkeys(calls[i][0].text for i in unknown)]
        again = await exchange(way, [*load, *(commands[i] for i in unknown)])
        for i, reply in zip(unknown, again[len(load) :], strict=True):
            replies[i] = reply
    return replies


def paired(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    """Return the fields of a stream's entry, which Redis sends as name, value, name, value."""
    return dict(zip(flat[::2], flat[1::2], strict=True))
