"""Synchronous connections to Redis, for RQ and for the ledger. Retries inside the client are off, as everywhere."""

from typing import Any
from urllib.parse import unquote, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from service.store.client import CONNECT_TIMEOUT, sentinel_parts

ANSWER_TIMEOUT = 5.0
"""Seconds for a command; more than any BLOCK that is sent through such a client. RQ raises it for its own."""


def connect(url: str) -> Redis:
    """Return a client for any `REDIS_URL`; nothing is opened until the first command.

    Replies are bytes, as RQ needs them.
    """
    options: dict[str, Any] = {
        "socket_timeout": ANSWER_TIMEOUT,
        "socket_connect_timeout": CONNECT_TIMEOUT,
        "socket_keepalive": True,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    if url.startswith("unix:"):
        del options["socket_keepalive"]
    if not url.startswith("redis+sentinel:"):
        return Redis.from_url(url, **options)
    hosts, master, database = sentinel_parts(url)
    user, _, password = urlsplit(url).netloc.rpartition("@")[0].partition(":")
    secrets = {"username": unquote(user) or None, "password": unquote(password) or None}
    sentinel = Sentinel(hosts, sentinel_kwargs={**secrets, **options})  # type: ignore[no-untyped-call]
    client: Redis = sentinel.master_for(master, db=database, **secrets, **options)  # type: ignore[no-untyped-call]
    return client
