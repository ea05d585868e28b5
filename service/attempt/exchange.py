"""One POST over the session's connections: what `ClientSession.post` does, without what deliveries never have.

No redirects, cookies, proxies, middlewares or traces; the deadline is the caller's. A delivery is the one thing that
is done ten thousand times a second here, and the general way costs as much again as this one.
"""

import asyncio
from collections.abc import Mapping

import aiohttp
from aiohttp.connector import Connection
from multidict import CIMultiDict
from yarl import URL

from service.attempt.connection import SubscriberResponse
from service.attempt.request import DeliveryRequest

_BUFFER = 16 * 1024


class Deadline:
    """Cancels a task after some seconds. Not asyncio.timeout, which costs four times as much; must be cancelled."""

    __slots__ = ("_task", "_timer", "passed")

    def __init__(self, seconds: float) -> None:
        """The task is the running one."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - we are in a coroutine
        self._task, self.passed = task, False
        self._timer = asyncio.get_running_loop().call_later(seconds, self._pass)

    def _pass(self) -> None:
        self.passed = True
        self._task.cancel()

    def caused(self) -> bool:
        """Return whether the cancellation that was just caught is this deadline's, and nobody else's."""
        return self.passed and not self._task.uncancel()

    def cancel(self) -> None:
        """Let it never pass."""
        self._timer.cancel()


async def post(
    client: aiohttp.ClientSession, url: URL, headers: Mapping[str, str], body: bytes
) -> aiohttp.ClientResponse:
    """Return an answer, of which status and headers are there; the caller reads its content, or closes it.

    Raises aiohttp.ClientError and OSError, and ValueError for headers that cannot be sent.
    """
    fields: CIMultiDict[str] = CIMultiDict(host=url.host_port_subcomponent or "")
    fields.extend(headers)
    request = DeliveryRequest(
        "POST", url, headers=fields, data=body, loop=asyncio.get_running_loop(), response_class=SubscriberResponse,
        session=client,
    )  # fmt: skip
    connector = client.connector
    assert connector is not None  # noqa: S101 - the session is open
    connection = await connector.connect(request, [], client.timeout)
    try:
        return await _answered(request, connection)
    except BaseException:
        connection.close()
        raise


async def _answered(request: DeliveryRequest, connection: Connection) -> aiohttp.ClientResponse:
    protocol = connection.protocol
    assert protocol is not None  # noqa: S101 - it was connected just now
    # Decoding is ours: aiohttp's would decode as much as it has room for.
    protocol.set_response_params(read_until_eof=True, auto_decompress=False, read_bufsize=_BUFFER)
    response = await request.send(connection)
    try:
        return await response.start(connection)
    except BaseException:
        response.close()
        raise
