"""Listening sockets that outlive the programs that serve them.

The parent opens the socket and each program inherits it: while a receiver is being restarted, callers wait in the
kernel's queue instead of being refused.
"""

import asyncio
import errno
import socket

import structlog

log = structlog.get_logger()

BACKLOG = 2048
"""Connections that wait in the kernel."""
PATIENCE = 20.0
"""Seconds that a predecessor has for letting go of a port: as long as it may drain."""
_LOOK = 0.2


class PortTakenError(Exception):
    """Something else listens on the port, or the address is not one of this machine's."""


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one. Raises PortTakenError with a sentence."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortTakenError(f"{host} cannot be listened on: {error.strerror}") from error
    try:
        # The sockets of a predecessor's last connections would hold the port for a minute.
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        raise PortTakenError(f"port {port} on {host} cannot be listened on: {error.strerror}") from error
    return opened


async def listen_patiently(host: str, port: int, patience: float = PATIENCE) -> socket.socket:
    """Return `listen(host, port)`, waiting up to `patience` seconds while the port is in use. Raises PortTakenError."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    waiting = False
    while True:
        try:
            return listen(host, port)
        except PortTakenError as error:
            if loop.time() >= until or not _in_use(error):
                raise
        if not waiting:
            log.warning("port.waiting", host=host, port=port, seconds=patience)
            waiting = True
        await asyncio.sleep(_LOOK)


def _in_use(error: PortTakenError) -> bool:
    return isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE


def url(opened: socket.socket) -> str:
    """Return the http URL at which this machine itself reaches a listening socket."""
    host, port = opened.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not listened on
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104 - the same
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
