"""Many commands in one write: the way of the two hot paths, append and settle, to Redis.

What redis-py's pipeline does, without its cost for each argument, each reply and each turn of its pool: that was a
third of the processor's time there. Replies are as Redis sends them, and an error reply is a value among them.
"""

import asyncio
import math
from collections.abc import Sequence
from typing import Any

from hiredis import pack_command
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ReadOnlyError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from service.store.client import ANSWER_TIMEOUT, Argument, Script

TRUSTED = 1.0
"""Seconds after its last use for which a connection is taken to be open without looking."""

Command = Sequence[Argument]


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
                connection = await self._open()
                # hiredis declares a tuple of one argument, and takes any number.
                packed = b"".join(pack_command(tuple(each)) for each in commands)  # type: ignore[arg-type]
                await connection.send_packed_command(packed)
                return [await _reply(connection) for _ in commands]
        except TimeoutError:
            await self._drop()
            message = "no answer from Redis in time"
            raise RedisTimeoutError(message) from None
        except BaseException:
            # Replies that nobody reads would be taken for those of the next commands. And where the server has
            # become a replica, the next connection may find the new master.
            await self._drop()
            raise

    async def release(self) -> None:
        """Give the connection back to the client's pool."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._pool.release(connection)

    async def _open(self) -> Any:  # noqa: ANN401 - redis-py's connection
        now = asyncio.get_running_loop().time()
        if now - self._used > TRUSTED:
            # The pool looks whether the other side has closed it meanwhile.
            await self.release()
        if self._connection is None:
            self._connection = await self._pool.get_connection()
        self._used = now
        return self._connection

    async def _drop(self) -> None:
        if self._connection is not None:
            await self._connection.disconnect(nowait=True)
        await self.release()


async def _reply(connection: Any) -> Any:  # noqa: ANN401 - whatever Redis sends
    try:
        return await connection.read_response(timeout=math.inf)
    except ReadOnlyError:
        raise
    except ResponseError as error:
        return error


async def exchange(way: Redis | Line, commands: Sequence[Command], within: float = ANSWER_TIMEOUT) -> list[Any]:
    """Return the replies to commands sent in one write, over a line or over any connection of a client."""
    if isinstance(way, Line):
        return await way.exchange(commands, within)
    line = Line(way)
    try:
        return await line.exchange(commands, within)
    finally:
        await line.release()


async def run_each(
    way: Redis | Line, code: Script, calls: Sequence[tuple[Sequence[str], Sequence[Argument]]]
) -> list[Any]:
    """Run a script once for each (keys, arguments) and return the replies, error replies among them.

    Where Redis does not know the script it is loaded, and only what was not executed is sent again.
    """
    commands = [("EVALSHA", code.sha, len(keys), *keys, *args) for keys, args in calls]
    replies = await exchange(way, commands)
    unknown = [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
    if unknown:
        again = await exchange(way, [("SCRIPT", "LOAD", code.text), *(commands[i] for i in unknown)])
        for i, reply in zip(unknown, again[1:], strict=True):
            replies[i] = reply
    return replies


def paired(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    """Return the fields of a stream's entry, which Redis sends as name, value, name, value."""
    return dict(zip(flat[::2], flat[1::2], strict=True))
