"""One attempt: what a subscriber answers becomes a value, of which no more is kept than may be shown."""

import asyncio
import gzip
import math
import socket
import zlib

import pytest
from yarl import URL

from service.attempt import connection
from service.attempt.answer import Answer, Answered, Failed
from service.attempt.connection import MOST_RECEIVED
from service.attempt.excerpt import KEPT
from service.attempt.request import WRITTEN_AT_ONCE
from service.attempt.sender import CONNECT, WHOLE, Limits, send, session
from service.endpoints.addresses import networks
from tests.hostile_subscriber import NOTHING, OK, answering, polite, subscriber

pytestmark = pytest.mark.anyio
LOOPBACK = networks(["127.0.0.0/8"])


async def attempt(port: int, scheme: str = "http") -> Answer:
    """Send one delivery there."""
    async with session(LOOPBACK, Limits(whole=2.0)) as client:
        return await send(client, URL(f"{scheme}://127.0.0.1:{port}/hook"), {"x": "y"}, b"{}")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", Answered(204)),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\n" + NOTHING, Answered(503, "120")),
        (b"HTTP/1.1 410 Gone\r\n" + NOTHING, Answered(410)),
        (OK + b"webhook-delivery: disable\r\n" + NOTHING, Answered(200, control="disable")),
        (b"HTTP/1.1 500 No\r\nWebhook-Delivery: abort-message\r\n" + NOTHING, Answered(500, control="abort-message")),
        (OK + b"content-length: 200000\r\n\r\n" + b"x" * 200_000, Answered(200)),
        (OK + b"set-cookie: a=b\r\ncontent-length: 2\r\n\r\nok", Answered(200)),
        (OK + b"content-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope", Answered(200)),
        (b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK + NOTHING, Answered(200)),
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", Answered(200)),
    ],
)
async def test_answers(answer: bytes, expected: Answer) -> None:
    """The status, also of a body that is too long or wrongly encoded, with the headers that say what to do next."""
    async with subscriber(answering(answer)) as server:
        assert expected == await attempt(server.port)


async def test_nobody_listens() -> None:
    """A refused connection is told from others."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert Failed("connect") == await attempt(port)


async def test_no_tls_where_it_was_promised() -> None:
    """Plain text on a port for https is no answer."""
    async with subscriber(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n", after=b"http/1.1")) as server:
        assert Failed("tls") == await attempt(server.port, "https")


async def test_a_connection_is_used_again() -> None:
    """However much has come over it in all: the limit is that of each answer."""
    number = 2 * MOST_RECEIVED // 1024
    answer = OK + b"content-length: 1024\r\n\r\n" + bytes(1024)
    async with subscriber(polite(answer)) as server, session(LOOPBACK) as client:
        answers = [await send(client, URL(f"http://127.0.0.1:{server.port}/"), {}, b"{}") for _ in range(number)]

    assert [Answered(200)] * number == answers
    assert 1 == server.connections


@pytest.mark.parametrize("size", [0, 2, WRITTEN_AT_ONCE, WRITTEN_AT_ONCE + 1, 300_000])
async def test_what_is_sent(size: int) -> None:
    """The request line, `Host`, the given headers and the length, and the body as it is, however long."""
    body, taken = bytes(size), list[bytes]()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.extend([await reader.readuntil(b"\r\n\r\n"), await reader.readexactly(size)])
        writer.write(OK + NOTHING)

    async with subscriber(take) as server, session(LOOPBACK) as client:
        answer = await send(client, URL(f"http://127.0.0.1:{server.port}/a%20b?c=d+e"), {"content-type": "a/b"}, body)

    head = [
        "POST /a%20b?c=d+e HTTP/1.1", f"host: 127.0.0.1:{server.port}", "content-type: a/b", f"Content-Length: {size}"
    ]  # fmt: skip
    assert [Answered(200), head, body] == [answer, taken[0].decode().splitlines()[:-1], taken[1]]


async def test_an_answer_before_the_body_is_read() -> None:
    """It counts: whoever refuses a long body need not read it first."""
    refuse = answering(b"HTTP/1.1 413 Too Large\r\n" + NOTHING)
    async with subscriber(refuse) as server, session(LOOPBACK, Limits(whole=2.0)) as client:
        answer = await send(client, URL(f"http://127.0.0.1:{server.port}/"), {}, bytes(900_000))

    assert isinstance(answer, Answered)
    assert 413 == answer.status


async def test_a_header_that_would_be_two() -> None:
    """A line break in a header is sent to nobody."""
    async with subscriber(answering(OK + NOTHING)) as server, session(LOOPBACK) as client:
        answer = await send(client, URL(f"http://127.0.0.1:{server.port}/"), {"x": "y\r\nz: w"}, b"{}")

    assert Failed("network") == answer


async def test_cookies_are_not_sent_back() -> None:
    """Each delivery stands for itself."""
    heads: list[bytes] = []

    async with subscriber(polite(OK + b"set-cookie: a=b\r\n" + NOTHING, heads)) as server, session(LOOPBACK) as client:
        for _ in range(2):
            await send(client, URL(f"http://127.0.0.1:{server.port}/"), {"x": "y"}, b"{}")

    assert heads[0] == heads[1]
    assert b"cookie" not in heads[1].lower()


def refusal(body: bytes, encoding: bytes = b"identity") -> bytes:
    """Return an answer that is no success, with a body."""
    return b"HTTP/1.1 500 No\r\ncontent-encoding: " + encoding + b"\r\n\r\n" + body


async def test_what_internal_systems_say_is_not_shown() -> None:
    """An address that only EGRESS_ALLOW opens answers to us, and to nobody who reads about it."""
    async with subscriber(answering(refusal(b"a secret"))) as server:
        assert Answered(500) == await attempt(server.port)


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every address for a public one: none of those leads to this machine."""
    monkeypatch.setattr(connection, "refusal", lambda _: None)


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (refusal(b"why not"), "why not"),
        (refusal(b""), None),
        (refusal(b"x" * 500_000), "x" * KEPT),
        (refusal(gzip.compress(b"why not", mtime=0), b"gzip"), "why not"),
        (refusal(zlib.compress(b"why not"), b"deflate"), "why not"),
        (refusal(gzip.compress(b"x" * 64 * 1024 * 1024, mtime=0), b"gzip"), "x" * KEPT),
        (refusal(b"not gzip", b"gzip"), None),
        (refusal(b"brotli?", b"br"), None),
        (b"HTTP/1.1 500 No\r\ncontent-length: 90\r\n\r\nbroken off", "broken off"),
        (b"HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 50_000, "x" * KEPT),
    ],
    ids=["short", "none", "long", "gzip", "deflate", "bomb", "no gzip", "unknown", "broken off", "chunks"],
)
async def test_the_beginning_of_a_refusal_is_kept(answer: bytes, shown: str | None) -> None:
    """Decoded, and never more than its limit."""
    async with subscriber(answering(answer)) as server:
        assert Answered(500, body=shown) == await attempt(server.port)


@pytest.mark.usefixtures("public")
async def test_the_body_of_a_success_is_not_kept() -> None:
    """Nobody asks for it."""
    async with subscriber(answering(OK + b"\r\nwell done")) as server:
        assert Answered(200) == await attempt(server.port)


async def test_the_deadlines() -> None:
    """They are those of the delivery's description, to the split second: aiohttp would round them up."""
    async with session(()) as client:
        found = client.timeout

    assert (WHOLE, CONNECT, math.inf) == (found.total, found.sock_connect, found.ceil_threshold)
    assert (15.0, 5.0) == (WHOLE, CONNECT)
