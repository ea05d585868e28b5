"""Subscribers that do their worst: each attempt ends in time, in a value, in little memory, and in nobody's way."""

import asyncio
import gzip
import time
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import pytest
from yarl import URL

from service.attempt.answer import Answer, Answered, Failed
from service.attempt.sender import MOST_BODY, Limits, send, session
from service.endpoints.addresses import networks
from tests.hostile_subscriber import (
    NOTHING,
    OK,
    Behaviour,
    answering,
    deaf,
    dripping,
    flooding,
    full_backlog,
    polite,
    reset,
    silent_after,
    subscriber,
)
from tests.name_server import name_server

pytestmark = pytest.mark.anyio

LIMITS = Limits(look_up=0.3, connect=0.3, whole=0.5)
SLACK = 0.25
"""Seconds that a busy machine may need beyond a deadline."""
MOST_MEMORY = 1024 * 1024
"""Bytes that an attempt may take, the server's share of the test with it."""
BOMB = gzip.compress(bytes(32 * 1024 * 1024))
TIMEOUT, BAD_ANSWER, DISCONNECTED = Failed("timeout"), Failed("bad_answer"), Failed("disconnected")
CHUNKED = b"transfer-encoding: chunked\r\n\r\n"
ENCODED = b"content-encoding: gzip\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\nretry-after: 60\r\n"

CASES: dict[str, tuple[Behaviour, Answer]] = {
    "redirect to a metadata address": (
        answering(b"HTTP/1.1 307 Moved\r\nlocation: http://169.254.169.254/latest\r\n" + NOTHING), Answered(307),
    ),
    "silence": (silent_after(b""), TIMEOUT),
    "silence in the headers": (silent_after(OK), TIMEOUT),
    "silence in the body": (silent_after(OK + b"content-length: 9\r\n\r\nx"), TIMEOUT),
    "silence in a refusal's body": (silent_after(BUSY + b"content-length: 9\r\n\r\nx"), Answered(503, "60")),
    "drip of a header": (dripping(OK + b"x: ", b"y"), TIMEOUT),
    "drip of headers": (dripping(OK, b"x: y\r\n"), TIMEOUT),
    "drip of a body": (dripping(OK + b"content-length: 100000\r\n\r\n", b"x"), TIMEOUT),
    "drip of chunks": (dripping(OK + CHUNKED, b"1\r\nx\r\n"), TIMEOUT),
    "drip of 100": (dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), TIMEOUT),
    "endless body": (flooding(OK + b"\r\n", b"x"), Answered(200)),
    "endless body of a refusal": (flooding(BUSY + b"\r\n", b"x"), Answered(503, "60")),
    "endless chunks": (flooding(OK + CHUNKED, b"400\r\n" + b"x" * 1024 + b"\r\n"), Answered(200)),
    "endless tiny chunks": (flooding(OK + CHUNKED, b"1\r\nx\r\n"), Answered(200)),
    "endless size of a chunk": (flooding(OK + CHUNKED, b"0"), Answered(200)),
    "endless extension of a chunk": (flooding(OK + CHUNKED + b"1;", b"x"), Answered(200)),
    "endless headers": (flooding(OK, b"x: y\r\n"), BAD_ANSWER),
    "endless long headers": (flooding(OK, b"x: " + b"y" * 8000 + b"\r\n"), BAD_ANSWER),
    "endless header": (flooding(OK + b"x: ", b"y"), BAD_ANSWER),
    "endless name of a header": (flooding(OK, b"x"), BAD_ANSWER),
    "endless status": (flooding(b"HTTP/1.1 200 ", b"x"), BAD_ANSWER),
    "endless trailers": (flooding(OK + CHUNKED + b"0\r\n", b"x: y\r\n"), BAD_ANSWER),
    "endless 100": (flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), BAD_ANSWER),
    "endless 103": (flooding(b"", b"HTTP/1.1 103 Early Hints\r\n" + b"x: y\r\n" * 100 + b"\r\n"), BAD_ANSWER),
    "endless answers": (flooding(b"", OK + NOTHING), Answered(200)),
    "endless other protocol": (flooding(b"HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n", b"x"), Answered(101)),
    "gzip bomb": (answering(OK + ENCODED + BOMB), Answered(200)),
    "gzip bomb of a refusal": (answering(BUSY + ENCODED + BOMB), Answered(503, "60")),
    "close before the headers": (answering(b""), DISCONNECTED),
    "close in the headers": (answering(OK + b"x: "), DISCONNECTED),
    "close in the body": (answering(OK + b"content-length: 9\r\n\r\nshort"), Failed("bad_body")),
    "close in a refusal's body": (answering(BUSY + b"content-length: 9\r\n\r\nshort"), Answered(503, "60")),
    "reset": (reset, DISCONNECTED),
    "HTTP/0.9": (answering(b"<html>hello</html>"), BAD_ANSWER),
    "another protocol": (answering(b"SSH-2.0-OpenSSH\r\n\r\n"), BAD_ANSWER),
    "two lengths": (answering(OK + b"content-length: 1\r\ncontent-length: 2\r\n\r\nxy"), BAD_ANSWER),
    "TLS on a plain port": (answering(b"\x15\x03\x01\x00\x02\x02\x50"), BAD_ANSWER),
}  # fmt: skip


@asynccontextmanager
async def client(name_servers: Sequence[str] = ()) -> AsyncIterator[aiohttp.ClientSession]:
    """Make one that may reach the loopback and has little patience."""
    async with session(networks(["127.0.0.0/8"]), LIMITS, name_servers=name_servers) as made:
        yield made


async def attempt(made: aiohttp.ClientSession, port: int, body: bytes = b"{}") -> tuple[Answer, float]:
    """Send one delivery; return what came of it, and the seconds that it took."""
    began = time.monotonic()
    answer = await send(made, URL(f"http://127.0.0.1:{port}/hook"), {"x": "y"}, body)
    return answer, time.monotonic() - began


async def slowest_beside(made: aiohttp.ClientSession, port: int, other: asyncio.Task[tuple[Answer, float]]) -> float:
    """Send to a well-behaved subscriber until the other attempt is over; return the seconds that the slowest took."""
    slowest = 0.0
    while True:
        answer, took = await attempt(made, port)
        slowest = max(slowest, took)
        assert Answered(200) == answer
        if other.done():
            return slowest


@pytest.mark.parametrize(("behaviour", "expected"), CASES.values(), ids=CASES)
async def test_a_hostile_subscriber(behaviour: Behaviour, expected: Answer) -> None:
    """It is answered for in time and in little memory, is connected to once, and others are served meanwhile."""
    async with subscriber(behaviour) as hostile, subscriber(polite(OK + NOTHING)) as friendly, client() as made:
        await attempt(made, friendly.port)
        tracemalloc.start()
        other = asyncio.create_task(attempt(made, hostile.port))
        slowest = await slowest_beside(made, friendly.port, other)
        answer, took = await other
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert expected == answer
    assert took < LIMITS.whole + SLACK
    assert memory < MOST_MEMORY
    assert slowest < SLACK
    assert 1 == hostile.connections


async def test_one_that_never_reads() -> None:
    """Its answer counts, and what it has not read holds no slot."""
    async with subscriber(deaf) as hostile, client() as made:
        answer, took = await attempt(made, hostile.port, bytes(1024 * 1024))

    assert Answered(200) == answer
    assert took < LIMITS.whole + SLACK


async def test_one_that_neither_reads_nor_answers() -> None:
    """The deadline covers the sending too."""
    async with subscriber(silent_after(b"")) as hostile, client() as made:
        answer, took = await attempt(made, hostile.port, bytes(1024 * 1024))

    assert TIMEOUT == answer
    assert took < LIMITS.whole + SLACK


async def test_one_that_does_not_accept() -> None:
    """A caller who is not let in gives up."""
    with full_backlog() as port:
        async with client() as made:
            answer, took = await attempt(made, port)

    assert TIMEOUT == answer
    assert took < LIMITS.connect + SLACK


async def test_one_with_many_addresses_that_do_not_accept() -> None:
    """The one deadline covers them all."""
    names = {"many.example.com": [f"127.0.0.{i}" for i in range(1, 9)]}
    with full_backlog() as port:
        async with name_server(names) as server, client([server.address]) as made:
            began = time.monotonic()
            answer = await send(made, URL(f"http://many.example.com:{port}/"), {}, b"{}")

    assert isinstance(answer, Failed)
    assert time.monotonic() - began < LIMITS.whole + SLACK


async def test_silent_names_hold_up_nobody() -> None:
    """Forty endpoints whose names nobody answers for give up in time; the forty-first is delivered to at once."""
    dead = [f"dead{i}.example.com" for i in range(40)]
    async with name_server({"good.example.com": ["127.0.0.1"]}) as names, subscriber(polite(OK + NOTHING)) as good:
        names.silent.update(dead)
        async with client([names.address]) as made:
            began = time.monotonic()
            lost = [asyncio.create_task(send(made, URL(f"http://{name}/"), {}, b"{}")) for name in dead]
            await asyncio.sleep(0)
            answer = await send(made, URL(f"http://good.example.com:{good.port}/"), {}, b"{}")
            quick = time.monotonic() - began
            answers = await asyncio.gather(*lost)
            took = time.monotonic() - began

    assert Answered(200) == answer
    assert quick < LIMITS.look_up
    assert {Failed("dns_timeout")} == set(answers)
    assert took < LIMITS.look_up + SLACK


@pytest.mark.parametrize("size", [MOST_BODY - 1, MOST_BODY])
async def test_a_long_body_within_the_limit_is_read(size: int) -> None:
    """And its connection is used again, where one that is too long costs it."""
    answer = OK + f"content-length: {size}\r\n\r\n".encode() + bytes(size)
    async with subscriber(polite(answer)) as long, client() as made:
        answers = [(await attempt(made, long.port))[0] for _ in range(5)]

    assert [Answered(200)] * 5 == answers
    assert 1 == long.connections
