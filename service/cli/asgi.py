"""Serving an ASGI application with uvicorn, until SIGTERM or SIGINT, and ending without dropping a request."""

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import FrameType

import structlog
import uvicorn
import uvloop
from starlette.types import ASGIApp

from service.processes.listening import listen, url
from service.processes.parent import end_with_parent

log = structlog.get_logger()

KEEP_ALIVE = 75
"""Seconds that an idle connection is kept: longer than load balancers keep theirs, so that they close first."""
LAST_LOOK = 0.5
"""Seconds in which a connection that was taken just before the end may still bring its request."""
LAST_REQUESTS = 15
"""Seconds that requests under way have for their answers once the server ends."""
_CLOSE = (b"connection", b"close")


class NotServedError(Exception):
    """The application did not start; the reason is in the log."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: at a host and port, or on the socket with this descriptor, opened by the parent."""

    host: str
    port: int
    descriptor: int | None = None

    def opened(self) -> socket.socket:
        """Return the listening socket. Raises PortTakenError."""
        return listen(self.host, self.port) if self.descriptor is None else socket.socket(fileno=self.descriptor)


@dataclass(frozen=True, slots=True)
class Drain:
    """What precedes the end: `begin` makes readiness fail, then `seconds` pass in which requests are still taken.

    Each answer from then on ends its connection (RFC 9112, section 9.6), so that few are left to be cut in the end.
    """

    seconds: float = 0.0
    begin: Callable[[], None] = lambda: None


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, drain: Drain) -> None:
        super().__init__(config)
        self._drain = drain
        self._draining = False
        self._loop = asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler
        """Begin to drain; a second signal ends the server at once. Overrides uvicorn's, which would not wait."""
        if self._draining:
            self.should_exit, self.force_exit = True, sig == signal.SIGINT
            return
        self._draining = True
        self._drain.begin()
        # From a signal handler; the loop may be asleep.
        self._loop.call_soon_threadsafe(self._part)

    def _part(self) -> None:
        log.info("server.draining", seconds=self._drain.seconds)
        # The first list is what uvicorn makes the second of, once a second; answers under way hold the second already.
        self.config.encoded_headers.append(_CLOSE)
        self.server_state.default_headers.append(_CLOSE)
        self._loop.call_later(self._drain.seconds, self._end)

    def _end(self) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and only then close. Overrides uvicorn's, which does both in one moment.

        It would cut connections whose first request is still on its way, and callers cannot tell whether that was read.
        """
        for server in self.servers:
            server.close()
        for each in sockets or ():
            each.close()
        if not self.force_exit:
            await asyncio.sleep(LAST_LOOK)
        await super().shutdown(sockets)


class _ToStructlog(logging.Handler):
    """Writes what uvicorn has to say as lines like ours."""

    def emit(self, record: logging.LogRecord) -> None:
        log.log(record.levelno, "server.said", text=record.getMessage(), exc_info=record.exc_info)


def run(make: Callable[[], Awaitable[tuple[ASGIApp, Drain]]], address: Address, keep_alive: int = KEEP_ALIVE) -> None:
    """Serve the application that `make` returns, on uvloop, until SIGTERM, SIGINT or the parent's death.

    An idle connection is kept for `keep_alive` seconds. The end takes at most the seconds of the drain, LAST_LOOK,
    LAST_REQUESTS, and what the application needs for its own end.

    Raises PortTakenError, NotServedError, and whatever `make` raises.
    """
    opened = address.opened()
    end_with_parent()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(make, opened, keep_alive))
    except SystemExit as error:
        # How uvicorn says that the application's start failed; the log has the reason.
        raise NotServedError("the application did not start") from error


async def _serve(make: Callable[[], Awaitable[tuple[ASGIApp, Drain]]], opened: socket.socket, keep_alive: int) -> None:
    app, drain = await make()
    _listen_to_uvicorn()
    log.info("server.listening", url=url(opened))
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        # Forwarded headers play no part: a signature is checked against the configured URLs.
        proxy_headers=False,
        timeout_keep_alive=keep_alive,
        timeout_graceful_shutdown=LAST_REQUESTS,
    )
    await _Server(config, drain).serve(sockets=[opened])


def _listen_to_uvicorn() -> None:
    logger = logging.getLogger("uvicorn")
    logger.handlers = [_ToStructlog(logging.WARNING)]
    logger.setLevel(logging.WARNING)
    logger.propagate = False
