"""The simulation's HTTP side: the stand-in for Conversations v2, and the sample subscriber's door."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import httpx
import pytest
from msgspec.structs import replace
from redis.asyncio import Redis
from rich.console import Console
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.endpoints.addresses import networks
from service.registration import Egress
from service.simulator.endpoint import ensure
from service.simulator.player import play
from service.simulator.scenario import Script, support_conversation
from service.simulator.sender import Sender
from service.simulator.standin import StandIn
from service.simulator.story import Story
from service.simulator.subscriber import Subscriber
from service.simulator.world import World
from service.store import endpoints
from service.store.keys import Keys
from service.store.secrets import Sealer
from service.twilio.signature import AuthToken, Proven, SignedRequest, verify

pytestmark = pytest.mark.anyio

SECRET = b"s" * 32
SCRIPT = support_conversation("seed")
PATH = f"/v2/Conversations/{SCRIPT.conversation_id}"
CREDENTIALS = httpx.BasicAuth("AC0", "token")


class Receiver:
    """A receiver that proves what it gets, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.failures = 0
        self.taken: list[bytes] = []
        self.has_taken = asyncio.Event()
        self.verdicts: list[bool] = []
        self.app = Starlette(routes=[Route("/twilio/orchestrator", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        signed = SignedRequest(
            base_urls=("http://receiver",),
            path=request.url.path,
            query=request.url.query,
            content_type=request.headers["content-type"],
            body=body,
            signature=request.headers["x-twilio-signature"],
        )
        self.verdicts.append(isinstance(verify(signed, [AuthToken("token")]), Proven))
        if self.failures:
            self.failures -= 1
            return Response(status_code=503)
        self.taken.append(body)
        self.has_taken.set()
        return Response(status_code=204)


@pytest.fixture
def receiver() -> Receiver:
    """Return a receiver."""
    return Receiver()


@pytest.fixture
def story() -> Iterator[io.StringIO]:
    """Return what is told."""
    with io.StringIO() as told:
        yield told


@pytest.fixture
async def sender(receiver: Receiver, story: io.StringIO) -> AsyncIterator[Sender]:
    """Return a sender to the receiver."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(receiver.app)) as http:
        yield Sender(http, "http://receiver", "token", Story(Console(file=story, width=200)), pause=0.0)


@pytest.fixture
def world() -> World:
    """Return a world in which one conversation has gone as far as INACTIVE."""
    world = World("AC0", "conv_configuration_0")
    for step in SCRIPT.steps:
        world.play(SCRIPT.conversation_id, step, "2026-11-20T14:03:10.114Z")
    return world


@pytest.fixture
async def http(world: World, sender: Sender, story: io.StringIO) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the stand-in and the subscriber."""
    told = Story(Console(file=story, width=200))
    app = Starlette(routes=[*StandIn(world, sender, told).routes(), *Subscriber(SECRET, told).routes()])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://twilio") as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        pytest.param("GET", PATH, None, (200, "INACTIVE"), id="fetched"),
        pytest.param("PATCH", PATH, b'{"status":"CLOSED"}', (200, "CLOSED"), id="closed"),
        pytest.param("PATCH", PATH, b'{"status":"ASLEEP"}', (400, 400), id="a status that is none"),
        pytest.param("PATCH", PATH, b"{", (400, 400), id="no JSON"),
        pytest.param("GET", "/v2/Conversations/conv_conversation_other", None, (404, 404), id="unknown"),
        pytest.param("GET", f"{PATH}/Communications/conv_communication_other", None, (404, 404), id="unknown message"),
    ],
)
async def test_the_stand_in_answers_as_twilio_does(
    http: httpx.AsyncClient, method: str, path: str, body: bytes | None, expected: tuple[int, object]
) -> None:
    """A conversation is fetched and closed by its id; what is wrong is answered with Twilio's status and shape."""
    answer = await http.request(method, path, content=body, auth=CREDENTIALS)

    assert expected == (answer.status_code, answer.json()["status"])


@pytest.mark.parametrize("path", [PATH, f"{PATH}/Communications", f"{PATH}/Communications/x"])
async def test_the_stand_in_wants_credentials(http: httpx.AsyncClient, path: str) -> None:
    """A call without credentials is answered 401."""
    answer = await http.get(path)

    assert 401 == answer.status_code


async def test_communications_are_listed_and_fetched(http: httpx.AsyncClient) -> None:
    """The list has all communications on one page, and each of them can be fetched."""
    listed = (await http.get(f"{PATH}/Communications", auth=CREDENTIALS)).json()
    first = listed["communications"][0]

    fetched = (await http.get(f"{PATH}/Communications/{first['id']}", auth=CREDENTIALS)).json()

    assert (3, None, first) == (len(listed["communications"]), listed["meta"]["nextToken"], fetched)


async def test_closing_sends_one_callback(http: httpx.AsyncClient, receiver: Receiver) -> None:
    """The callback of a closing arrives once, signed, however often the conversation is closed."""
    for _ in range(2):
        await http.patch(PATH, json={"status": "CLOSED"}, auth=CREDENTIALS)

    async with asyncio.timeout(5):
        await receiver.has_taken.wait()

    assert ([True], 1) == (receiver.verdicts, len(receiver.taken))
    assert b'"status":"CLOSED"' in receiver.taken[0]


async def test_a_callback_is_sent_until_it_is_taken(world: World, sender: Sender, receiver: Receiver) -> None:
    """A callback that was not taken is sent again as it was, each time with a right signature."""
    receiver.failures = 2

    taken = await sender.send(world.play(SCRIPT.conversation_id, SCRIPT.steps[0], "2026-11-20T14:03:10.114Z"))

    assert (True, [True] * 3, 1) == (taken, receiver.verdicts, len(receiver.taken))


async def test_a_callback_is_given_up_after_twilios_retries(world: World, sender: Sender, receiver: Receiver) -> None:
    """After five retries a callback is lost, as it is with Twilio."""
    receiver.failures = 100

    taken = await sender.send(world.play(SCRIPT.conversation_id, SCRIPT.steps[0], "2026-11-20T14:03:10.114Z"))

    assert (False, 6) == (taken, len(receiver.verdicts))


async def test_a_script_is_played_in_order_and_told_without_content(
    sender: Sender, receiver: Receiver, story: io.StringIO
) -> None:
    """Each step arrives in its turn; the story has kinds and the end of an id, never a text or a number."""
    script = support_conversation("another")
    script = Script(script.conversation_id, tuple(replace(step, after=0.0) for step in script.steps))

    await play(script, World("AC0", "conv_configuration_0"), sender)

    assert [step.kind.encode() in body for step, body in zip(script.steps, receiver.taken, strict=True)] == [True] * 8
    assert "order" not in story.getvalue()
    assert "+1" not in story.getvalue()


async def test_the_subscriber_tells_what_it_got(http: httpx.AsyncClient, story: io.StringIO) -> None:
    """A signed delivery is answered 2xx and told, a repetition is noticed, an unsigned one is answered 401."""
    body = f'{{"type":"conversation.created","conversation_id":"{SCRIPT.conversation_id}","sequence":1}}'
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("evt_1", now, body),
    }
    wrong = {**headers, "webhook-signature": "v1,abc"}

    actual = [(await http.post("/subscriber", content=body, headers=h)).status_code for h in (headers, headers, wrong)]

    assert [204, 204, 401] == actual
    for told in ("#1 signature verified\n", "#1 signature verified, seen before\n", "wrong signature\n"):
        assert told in story.getvalue()


async def test_the_sample_endpoint_is_found_again(redis: Redis, keys: Keys) -> None:
    """A restart finds the endpoint and its secret; another port makes a new one and removes the old."""
    sealer, egress = Sealer("secret"), Egress(allow_http=True, allowed=networks(("127.0.0.0/8",)))
    first, again, moved = [
        await ensure(redis, keys, sealer, egress, f"http://127.0.0.1:{port}/subscriber") for port in (8002, 8002, 8003)
    ]

    urls = [endpoint.url for endpoint in (await endpoints.listing(redis, keys)).endpoints.values()]

    assert first == again != moved
    assert ["http://127.0.0.1:8003/subscriber"] == urls
