"""A connection to a subscriber, from whom anything may come: it gives up on one that sends too much.

aiohttp bounds a header and a body, but neither how often a subscriber may say `100 Continue` before it answers, nor
what stands between the chunks of a body; a flood of either would take processor and memory from all other deliveries.
"""

import asyncio
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

from service.endpoints.addresses import refusal

MOST_RECEIVED = 128 * 1024
"""Bytes of one answer as they come: status, headers and body, with all that frames it."""
MOST_WAITING = 8
"""Answers to one request that nobody has read yet: `1xx` ones, of which an honest server sends one or two."""
# So much is parsed before what it made is counted: of 100 KiB at once that would be 4000 answers.
_PIECE = 4096


class TooMuchError(aiohttp.ClientError):
    """The subscriber sends more than an answer may have."""


class SubscriberConnection(ResponseHandler):
    """One connection. What came before the limit still counts as the answer, if its status is among it."""

    _received = 0
    # aiohttp makes a parser for each answer: where it is another one, counting begins anew.
    _counted: object = None
    _address: str | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as aiohttp has it
        """Note whom we are connected to: when an answer is read, the connection may be closed already."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else None

    @property
    def public(self) -> bool:
        """Whether the subscriber's address is one that anybody may reach, and not one that EGRESS_ALLOW opens."""
        return self._address is not None and refusal(self._address) is None

    def data_received(self, data: bytes) -> None:
        """Take what came, as far as the limits go."""
        if self._parser is not self._counted:
            self._counted, self._received = self._parser, 0
        room = MOST_RECEIVED - self._received
        self._received += len(data)
        if len(data) <= _PIECE and len(data) <= room:
            super().data_received(data)
            return
        if not self._taken(data[:room]) or len(data) > room:
            self._give_up()

    def _taken(self, data: bytes) -> bool:
        """Return whether all was parsed that may be, piece by piece; what flow control holds back comes later."""
        while data and self.exception() is None and len(self) <= MOST_WAITING:
            size = len(data) if self._reading_paused else _PIECE
            super().data_received(data[:size])
            data = data[size:]
        return not data

    def _give_up(self) -> None:
        self.force_close()
        payload, self._payload = self._payload, None
        if payload is not None and not payload.is_eof():
            payload.feed_eof()
        elif self.exception() is None:
            self.set_exception(TooMuchError("the subscriber sends more than an answer may have"))
        if self.transport is not None:
            self.transport.abort()


def connection(loop: asyncio.AbstractEventLoop) -> ResponseHandler:
    """Return what takes the bytes of one connection, for aiohttp's connector."""
    return SubscriberConnection(loop)


class SubscriberResponse(aiohttp.ClientResponse):
    """An answer that knows whether it may be shown."""

    @property
    def public(self) -> bool:
        """Whether it comes from an address that anybody may reach: what internal systems say is shown to nobody."""
        return isinstance(self._protocol, SubscriberConnection) and self._protocol.public
