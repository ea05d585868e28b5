"""A deadline for a whole request: httpx only has one for each read, which an answer that drips never meets.

https://github.com/encode/httpx/issues/1450
"""

import math
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

_SHORTEST = 0.001
"""Seconds; a timeout of 0 would mean a socket that does not block."""
_ends: ContextVar[float] = ContextVar("twilio_deadline", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let requests in the block, through a client made `punctual`, time out when so many seconds have passed."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def punctual(http: httpx.Client) -> httpx.Client:
    """Return the client, its connections (those through a proxy of the environment, too) held to `within`."""
    for transport in (http._transport, *http._mounts.values()):  # noqa: SLF001 - httpx hands no backend through
        if isinstance(transport, httpx.HTTPTransport):
            pool = transport._pool  # noqa: SLF001 - the same
            pool._network_backend = _Backend(pool._network_backend)  # noqa: SLF001 - the same
    return http


def _left(timeout: float | None) -> float | None:
    left = min(math.inf if timeout is None else timeout, max(_ends.get() - time.monotonic(), _SHORTEST))
    return None if left == math.inf else left


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's own type
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._backend.connect_tcp(host, port, _left(timeout), local_address, socket_options))
