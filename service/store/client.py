"""Connections to Redis and the calling of our scripts.

Retries inside the client are off: a call whose answer was lost must not be repeated by somebody who does not know
whether it is safe. Whoever calls decides, and heals with `reconnecting`.
"""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from redis import Redis as SyncRedis
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, ReadOnlyError, RedisError

Argument = str | bytes | int | float

CONNECT_TIMEOUT = 2.0
"""Seconds to reach Redis."""
ANSWER_TIMEOUT = 2.0
"""Seconds for an ordinary command."""


class Script(msgspec.Struct, frozen=True):
    """A Lua script and its SHA-1, as EVALSHA wants it."""

    text: str
    sha: str


@cache
def script(name: str, *before: str) -> Script:
    """Return the script `<name>.lua` that lies beside this module; what stands in `before` is put before it."""
    text = "".join(files(__package__).joinpath(f"{each}.lua").read_text(encoding="utf-8") for each in (*before, name))
    return Script(text=text, sha=hashlib.sha1(text.encode()).hexdigest())  # noqa: S324 - Redis names scripts by SHA-1


def _options(url: str, answer_timeout: float | None) -> dict[str, Any]:
    # A unix socket's connection does not know the word.
    alive = {} if url.startswith("unix:") else {"socket_keepalive": True}
    return {
        **alive,
        "socket_timeout": answer_timeout,
        "socket_connect_timeout": CONNECT_TIMEOUT,
        "retry": Retry(NoBackoff(), 0),
        # Reply shapes differ between protocol versions; 2 is what every Redis from 6.2 on and every proxy speaks.
        "protocol": 2,
    }


def sentinel_parts(url: str) -> tuple[list[tuple[str, int]], str, int]:
    """Return (sentinel hosts and ports, master name, database) of `redis+sentinel://host:port,…/master/db`."""
    split = urlsplit(url)
    hosts = [h.rpartition(":") for h in split.netloc.rpartition("@")[2].split(",")]
    path = split.path.strip("/").split("/")
    return [(name, int(port)) for name, _, port in hosts], path[0], int(path[1]) if len(path) > 1 else 0


def _credentials(url: str) -> dict[str, Any]:
    split = urlsplit(url)
    user, _, password = split.netloc.rpartition("@")[0].partition(":")
    return {"username": unquote(user) or None, "password": unquote(password) or None}


def connect(url: str, *, answer_timeout: float | None = ANSWER_TIMEOUT, connections: int = 64) -> Redis:
    """Return a client for any `REDIS_URL`; nothing is opened until the first command. Replies are bytes.

    `answer_timeout` (seconds, None: wait for ever) must exceed the BLOCK of what is sent through the client.
    """
    options = _options(url, answer_timeout)
    if url.startswith("redis+sentinel:"):
        hosts, master, database = sentinel_parts(url)
        sentinel: Any = Sentinel(hosts, sentinel_kwargs={**_credentials(url), **options})  # type: ignore[no-untyped-call]
        client: Redis = sentinel.master_for(master, db=database, **_credentials(url), **options)
        return client
    pool: ConnectionPool = BlockingConnectionPool.from_url(url, max_connections=connections, timeout=5, **options)
    return Redis.from_pool(pool)


async def run(redis: Redis, code: Script, keys: Sequence[str], args: Sequence[Argument]) -> Any:  # noqa: ANN401
    """Run a script by its SHA-1, loading it first where Redis does not know it, and return its reply.

    Raises redis.exceptions.RedisError as the server or the connection says.
    """
    try:
        return await redis.evalsha(code.sha, len(keys), *keys, *args)
    except NoScriptError:
        return await redis.eval(code.text, len(keys), *keys, *args)
    except ReadOnlyError:
        # Our connections lead to what has become a replica; new ones may find the new master.
        await redis.connection_pool.disconnect()
        raise


def run_sync(redis: SyncRedis, code: Script, keys: Sequence[str], args: Sequence[Argument]) -> Any:  # noqa: ANN401
    """Run a script as `run` does, for workers, whose jobs are no coroutines. Raises RedisError."""
    try:
        return redis.evalsha(code.sha, len(keys), *keys, *args)
    except NoScriptError:
        return redis.eval(code.text, len(keys), *keys, *args)


async def reconnecting(
    attempt: Callable[[], Awaitable[None]],
    on_error: Callable[[Exception, float], None],
    first: float = 0.1,
    most: float = 5.0,
) -> None:
    """Call `attempt` again whenever Redis fails, after 0.1 → 5 s with jitter, until it returns.

    `on_error(error, seconds)` is told of each failure and of the pause. Other errors are raised.
    """
    pause = first
    while True:
        began = asyncio.get_running_loop().time()
        try:
            return await attempt()
        except (RedisError, OSError) as error:
            if asyncio.get_running_loop().time() - began > most:
                pause = first
            wait = pause * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
            on_error(error, wait)
            await asyncio.sleep(wait)
            pause = min(pause * 2, most)
