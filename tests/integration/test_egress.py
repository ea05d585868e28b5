"""Private addresses: refused when an endpoint is made and again when a connection is, by name, literal and redirect."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import nullcontext

import pytest
from redis.asyncio import Redis
from yarl import URL

from service.attempt.answer import Answer, Answered, Failed
from service.attempt.sender import Limits, send, session
from service.endpoints.addresses import networks
from service.endpoints.endpoint import NewEndpoint
from service.registration import Egress, InvalidEndpointError, register
from service.store import endpoints
from service.store.keys import Keys
from service.store.secrets import Sealer
from tests.certificates import Authority
from tests.hostile_subscriber import NOTHING, OK, Subscriber, polite, silent_after, subscriber
from tests.name_server import NameServer, name_server
from tests.routed_deliveries import SECRET_KEY

pytestmark = pytest.mark.anyio
LOOPBACK = networks(["127.0.0.0/8"])
NAME = "hooks.example.com"


@pytest.fixture
async def server() -> AsyncIterator[Subscriber]:
    """Run one on the loopback that would redirect to the cloud's metadata."""
    answer = b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest\r\n" + NOTHING
    async with subscriber(polite(answer)) as found:
        yield found


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    """Run a name server that knows nobody yet."""
    async with name_server() as found:
        yield found


async def attempt(url: str, *, allowed: bool) -> Answer:
    """Send a delivery to a URL."""
    async with session(LOOPBACK if allowed else ()) as client:
        return await send(client, URL(url), {}, b"{}")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "127.1",
        "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "127.0.0.1.", "LOCALHOST", "localhost.",  # noqa: S104
    ],
)  # fmt: skip
async def test_the_loopback_is_not_connected_to(server: Subscriber, host: str) -> None:
    """Whatever it is called, no connection is made."""
    answer = await attempt(f"http://{host}:{server.port}/", allowed=False)

    assert isinstance(answer, Failed)
    assert 0 == server.connections


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[fe80::1%25lo]", "[::ffff:7f00:1]"])
async def test_the_reason_is_named(server: Subscriber, host: str) -> None:
    """A refused address is told from a connection that failed."""
    assert Failed("refused_address") == await attempt(f"http://{host}:{server.port}/", allowed=False)


async def test_a_redirect_is_not_followed(server: Subscriber) -> None:
    """It is an answer like others."""
    assert Answered(302) == await attempt(f"http://127.0.0.1:{server.port}/", allowed=True)
    assert 1 == server.connections


async def test_no_proxy_of_the_environment_is_used(server: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets one for other programs does not move our deliveries there."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9/")

    assert Answered(302) == await attempt(f"http://127.0.0.1:{server.port}/", allowed=True)


async def test_a_name_is_looked_up_once(server: Subscriber, names: NameServer) -> None:
    """What was judged is what is connected to; a second look-up could bring another answer."""
    names.records[NAME] = ["127.0.0.1"]
    async with session(LOOPBACK, name_servers=[names.address]) as client:
        answer = await send(client, URL(f"http://{NAME}:{server.port}/"), {}, b"{}")

    assert Answered(302) == answer
    assert 1 == len(names.questions[NAME])


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["8.8.8.8", "::1"], ["169.254.169.254"]]
)
async def test_a_name_that_changes_its_mind(
    redis: Redis, keys: Keys, server: Subscriber, names: NameServer, addresses: list[str]
) -> None:
    """One that was public when its endpoint was made, and leads inside when it is delivered to, is refused then."""
    names.records[NAME] = ["8.8.8.8"]
    url = f"https://{NAME}:{server.port}/"
    await register(redis, keys, Sealer(SECRET_KEY), Egress(name_servers=(names.address,)), NewEndpoint(url))
    names.records[NAME] = addresses
    async with session((), name_servers=[names.address]) as client:
        answer = await send(client, URL(url), {}, b"{}")

    assert Failed("refused_address") == answer
    assert 0 == server.connections


@pytest.mark.parametrize(
    ("addresses", "made"),
    [(["8.8.8.8"], True), (["127.0.0.1"], False), (["8.8.8.8", "10.0.0.1"], False), (["::ffff:10.0.0.1"], False),
     ([], False)],
)  # fmt: skip
async def test_a_name_is_judged_by_every_answer(
    redis: Redis, keys: Keys, names: NameServer, addresses: list[str], *, made: bool
) -> None:
    """One private address among public ones is enough to refuse it when an endpoint is made, and so is none at all."""
    names.records[NAME] = addresses
    egress = Egress(name_servers=(names.address,))
    with nullcontext() if made else pytest.raises(InvalidEndpointError, match="url: the name"):
        await register(redis, keys, Sealer(SECRET_KEY), egress, NewEndpoint(f"https://{NAME}/"))

    assert made == bool((await endpoints.listing(redis, keys)).endpoints)


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


@pytest.mark.parametrize("secret", ["whsec_", "secret", "whsec_AAAA"])
async def test_a_bad_secret_is_a_mistake_beside_the_others(redis: Redis, keys: Keys, secret: str) -> None:
    """All are named at once, and the secret is not repeated."""
    new = NewEndpoint("https://10.0.0.1/", types=("No",), secret=secret)
    with pytest.raises(InvalidEndpointError) as caught:
        await register(redis, keys, Sealer(SECRET_KEY), Egress(), new)

    assert ["url", "types", "secret"] == [mistake.partition(":")[0] for mistake in caught.value.mistakes]


OURS = Authority()
TLS = {
    "right": (OURS.server(NAME), Answered(200)),
    "another name": (OURS.server("other.example.com"), Failed("tls")),
    "a part of the name": (OURS.server("example.com"), Failed("tls")),
    "another authority": (Authority().server(NAME), Failed("tls")),
}


@pytest.mark.parametrize(("context", "expected"), TLS.values(), ids=TLS)
async def test_certificates_are_those_of_the_name(names: NameServer, context: ssl.SSLContext, expected: Answer) -> None:
    """The connection goes to an address; who answers there must prove that it has the name, by TLS 1.2 or newer."""
    names.records[NAME] = ["127.0.0.1"]
    async with (
        subscriber(polite(OK + NOTHING), context) as server,
        session(LOOPBACK, name_servers=[names.address], trusted=OURS.trusted()) as client,
    ):
        answer = await send(client, URL(f"https://{NAME}:{server.port}/"), {}, b"{}")

    assert expected == answer


def lowered(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return the same side of TLS as one that takes TLS 1.1, too."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1_1
    return context


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
@pytest.mark.parametrize("taken", [True, False])
async def test_old_versions_of_tls(names: NameServer, *, taken: bool) -> None:
    """A subscriber that knows TLS 1.1 and nothing newer would answer whoever takes that, and gets nothing from us."""
    names.records[NAME] = ["127.0.0.1"]
    context = lowered(OURS.server(NAME))
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    trusted = lowered(OURS.trusted()) if taken else OURS.trusted()
    async with (
        subscriber(polite(OK + NOTHING), context) as server,
        session(LOOPBACK, name_servers=[names.address], trusted=trusted) as client,
    ):
        answer = await send(client, URL(f"https://{NAME}:{server.port}/"), {}, b"{}")

    assert taken == isinstance(answer, Answered)


async def test_host_and_indication_are_the_name(names: NameServer) -> None:
    """What the subscriber is called by, in TLS and in HTTP, is the name and not the address behind it."""
    names.records[NAME] = ["127.0.0.1"]
    heads: list[bytes] = []
    called: list[str | None] = []
    context = OURS.server(NAME)
    context.sni_callback = lambda _tls, name, _context: called.append(name)
    async with (
        subscriber(polite(OK + NOTHING, heads), context) as server,
        session(LOOPBACK, name_servers=[names.address], trusted=OURS.trusted()) as client,
    ):
        await send(client, URL(f"https://{NAME}:{server.port}/"), {}, b"{}")

    assert [NAME] == called
    assert f"host: {NAME}:{server.port}" in heads[0].decode().lower().splitlines()


async def test_a_handshake_that_hangs() -> None:
    """It has the time of a connection, and no more."""
    loop = asyncio.get_running_loop()
    async with subscriber(silent_after(b"")) as server, session(LOOPBACK, Limits(connect=0.2)) as client:
        began = loop.time()
        answer = await send(client, URL(f"https://127.0.0.1:{server.port}/"), {}, b"{}")

    assert Failed("timeout") == answer
    assert 0.2 <= loop.time() - began < Limits().whole / 2
