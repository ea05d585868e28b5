"""One attempt against servers that behave badly: whatever comes, the answer is a value, in time."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from yarl import URL

from service.attempt import sender
from service.attempt.answer import Answer, Answered, Failed
from service.endpoints.addresses import networks

pytestmark = pytest.mark.anyio
OK = b"HTTP/1.1 200 OK\r\n"


@asynccontextmanager
async def server(answer: bytes, *, silent: bool = False) -> AsyncIterator[int]:
    """Run a server that sends these bytes and closes, or stays open and silent; yield its port."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100_000)
        writer.write(answer)
        if silent:
            await ended.wait()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]
        ended.set()


async def attempt(port: int, scheme: str = "http") -> Answer:
    """Send one delivery there."""
    async with sender.session(networks(["127.0.0.0/8"])) as client:
        return await sender.send(client, URL(f"{scheme}://127.0.0.1:{port}/hook"), {"x": "y"}, b"{}")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", Answered(204)),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\ncontent-length: 0\r\n\r\n", Answered(503, "120")),
        (b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n", Answered(410)),
        (OK + b"content-length: 200000\r\n\r\n" + b"x" * 200_000, Answered(200)),
        (OK + b"set-cookie: a=b\r\ncontent-length: 2\r\n\r\nok", Answered(200)),
        (b"", Failed("disconnected")),
        (b"SSH-2.0-OpenSSH\r\n\r\n", Failed("bad_answer")),
        (OK + b"content-length: 9\r\n\r\nshort", Failed("bad_body")),
        (OK + b"content-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope", Failed("bad_body")),
        (OK + b"x: " + b"y" * 100_000 + b"\r\n\r\n", Failed("bad_answer")),
    ],
)
async def test_answers(answer: bytes, expected: Answer) -> None:
    """A status where there is one, also with a body that is too long; else a word for what went wrong."""
    async with server(answer) as port:
        assert expected == await attempt(port)


async def test_nobody_listens() -> None:
    """A refused connection is told from others."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert Failed("connect") == await attempt(port)


async def test_no_tls_where_it_was_promised() -> None:
    """Plain text on a port for https is no answer."""
    async with server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        assert Failed("tls") == await attempt(port, "https")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\n", OK + b"content-length: 10\r\n\r\nx"])
async def test_the_whole_attempt_has_one_deadline(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    """Whether the silence begins before the status, in the headers or in the body."""
    monkeypatch.setattr(sender, "WHOLE", 0.2)
    async with server(answer, silent=True) as port:
        assert Failed("timeout") == await attempt(port)
