"""A delivery's request: what aiohttp would find out about every request anew is known of these, and is left out.

They have no cookies, no proxy and no compression, their headers are complete, and their body is at hand: it is
written with the headers at once, where aiohttp would start a task for it.
"""

from typing import Any

import aiohttp
from aiohttp.connector import Connection
from aiohttp.http_writer import StreamWriter
from multidict import CIMultiDict, istr

WRITTEN_AT_ONCE = 32 * 1024
"""Bytes of a body that fit into an idle connection's buffer. More is left to aiohttp, which reads an early answer."""

_CONTENT_LENGTH = istr("Content-Length")


class DeliveryRequest(aiohttp.ClientRequest):
    """A POST whose headers name `Host`, and whose body is bytes."""

    _at_once: bytes | None = None

    def update_headers(self, headers: Any) -> None:  # noqa: ANN401 - as aiohttp has it
        """Take the headers as they are: the session has made a copy that is this request's own."""
        self.headers: CIMultiDict[str] = headers

    def update_auto_headers(self, skip_auto_headers: Any) -> None:  # noqa: ANN401 - as aiohttp has it
        """Add none."""

    def update_cookies(self, cookies: Any) -> None:  # noqa: ANN401 - as aiohttp has it
        """Add none."""

    def update_content_encoding(self, data: Any) -> None:  # noqa: ANN401 - as aiohttp has it
        """Leave the body as it is: it is signed."""

    def update_expect_continue(self, expect: bool = False) -> None:  # noqa: FBT001, FBT002 - as aiohttp has it
        """Expect nothing."""

    def update_transfer_encoding(self) -> None:
        """Leave it at the length."""

    def update_body_from_data(self, body: bytes, _stacklevel: int = 3) -> None:
        """Take the body."""
        self.headers[_CONTENT_LENGTH] = str(len(body))
        if len(body) <= WRITTEN_AT_ONCE:
            self._at_once = body
        else:
            self._body = aiohttp.BytesPayload(body)

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Send it and return the answer to wait for. Raises aiohttp.ClientError where the connection is closed."""
        protocol = conn.protocol
        if self._at_once is None or protocol is None or protocol.writing_paused:
            return await self._send_in_parts(conn)
        writer = StreamWriter(protocol, self.loop)
        await writer.write_headers(f"POST {self.url.raw_path_qs} HTTP/1.1", self.headers)
        await writer.write_eof(self._at_once)
        protocol.start_timeout()
        return self.response_class(
            "POST",
            self.original_url,
            writer=None,
            continue100=None,
            timer=self._timer,
            request_info=self.request_info,
            traces=[],
            loop=self.loop,
            session=self._session,
            stream_writer=writer,
        )

    async def _send_in_parts(self, conn: Connection) -> aiohttp.ClientResponse:
        if self._at_once is not None:
            self._body = aiohttp.BytesPayload(self._at_once)
        return await super().send(conn)
