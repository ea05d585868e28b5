"""Private addresses: refused when an endpoint is made and again when a connection is, by name, literal and redirect."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis
from yarl import URL

from service.attempt.answer import Answer, Answered, Failed
from service.attempt.sender import send, session
from service.endpoints.addresses import networks
from service.endpoints.endpoint import NewEndpoint
from service.registration import Egress, InvalidEndpointError, register
from service.store import endpoints
from service.store.keys import Keys
from service.store.secrets import Sealer
from tests.routed_deliveries import SECRET_KEY

LOOPBACK = networks(["127.0.0.0/8"])


class Server:
    """Counts connections, and answers each request with the same."""

    def __init__(self, answer: bytes) -> None:
        self.answer, self.connections, self.port = answer, 0, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Run one on the loopback that would redirect to the cloud's metadata."""
    found = Server(b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest\r\ncontent-length: 0\r\n\r\n")
    listening = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield found


async def attempt(url: str, *, allowed: bool) -> Answer:
    """Send a delivery to a URL."""
    async with session(LOOPBACK if allowed else ()) as client:
        return await send(client, URL(url), {}, b"{}")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001", "0.0.0.0"],  # noqa: S104
)
async def test_the_loopback_is_not_connected_to(server: Server, host: str) -> None:
    """Whatever it is called, no connection is made."""
    answer = await attempt(f"http://{host}:{server.port}/", allowed=False)

    assert isinstance(answer, Failed)
    assert 0 == server.connections


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_the_reason_is_named(server: Server, host: str) -> None:
    """A refused address is told from a connection that failed."""
    assert Failed("refused_address") == await attempt(f"http://{host}:{server.port}/", allowed=False)


@pytest.mark.anyio
async def test_a_redirect_is_not_followed(server: Server) -> None:
    """It is an answer like others."""
    assert Answered(302) == await attempt(f"http://127.0.0.1:{server.port}/", allowed=True)
    assert 1 == server.connections


@pytest.mark.anyio
async def test_no_proxy_of_the_environment_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets one for other programs does not move our deliveries there."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9/")

    assert Answered(302) == await attempt(f"http://127.0.0.1:{server.port}/", allowed=True)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/", "https://10.0.0.1/", "https://localhost/",
     "https://2130706433/", "http://8.8.8.8/", "https://user@8.8.8.8/"],
)  # fmt: skip
async def test_a_private_endpoint_is_not_made(redis: Redis, keys: Keys, url: str) -> None:
    """The mistake names the URL, and nothing is stored."""
    with pytest.raises(InvalidEndpointError, match="url: "):
        await register(redis, keys, Sealer(SECRET_KEY), Egress(), NewEndpoint(url))

    assert {} == (await endpoints.listing(redis, keys)).endpoints
    assert [] == await redis.keys()


@pytest.mark.anyio
@pytest.mark.parametrize("secret", ["whsec_", "secret", "whsec_AAAA"])
async def test_a_bad_secret_is_a_mistake_beside_the_others(redis: Redis, keys: Keys, secret: str) -> None:
    """All are named at once, and the secret is not repeated."""
    new = NewEndpoint("https://10.0.0.1/", types=("No",), secret=secret)
    with pytest.raises(InvalidEndpointError) as caught:
        await register(redis, keys, Sealer(SECRET_KEY), Egress(), new)

    assert ["url", "types", "secret"] == [mistake.partition(":")[0] for mistake in caught.value.mistakes]


def looked_up(*addresses: str) -> Callable[..., object]:
    """Return the system's look-up as it is when a name server of the attacker's answers."""
    return lambda *_, **__: [
        (socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 0)) for a in addresses
    ]


@pytest.mark.parametrize(
    ("addresses", "made"),
    [(["8.8.8.8"], True), (["127.0.0.1"], False), (["8.8.8.8", "10.0.0.1"], False), (["::ffff:10.0.0.1"], False)],
)
def test_a_name_is_judged_by_every_answer(
    redis_url: str,
    keys: Keys,
    monkeypatch: pytest.MonkeyPatch,
    addresses: list[str],
    made: bool,  # noqa: FBT001
) -> None:
    """One private address among public ones is enough to refuse it."""
    monkeypatch.setattr(socket, "getaddrinfo", looked_up(*addresses))

    async def stored() -> bool:
        redis = Redis.from_url(redis_url)
        try:
            await register(redis, keys, Sealer(SECRET_KEY), Egress(), NewEndpoint("https://hooks.example.com/"))
        except InvalidEndpointError:
            return False
        finally:
            await redis.aclose()
        return True

    # Not on uvloop, whose look-ups are its own.
    assert made == asyncio.run(stored())
