"""The receiver while Redis is away, full or forgetful: 503 in time, and it heals by itself."""

import asyncio
import time

import httpx
import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from starlette.types import Message, Receive, Scope

from service.store.keys import Keys
from service.web.intake import MOST_IN_FLIGHT
from service.web.receiver import Receiver
from tests.eventually import eventually
from tests.hermetic_settings import hermetic_settings
from tests.real_receiver import RealReceiver, running_receiver
from tests.real_redis import RealRedis, stopped
from tests.stored_events import stored_events
from tests.twilio_callbacks import CONVERSATION, PATH, communication, signed

BODY = communication(1)
IN_TIME = 3.0


def shed(receiver: RealReceiver, body: bytes = BODY) -> bool:
    """Return whether a callback is answered 503 with a Retry-After, in time."""
    began = time.monotonic()
    answer = receiver.send(signed(body))
    return (503, "5") == (answer.status_code, answer.headers.get("retry-after")) and time.monotonic() - began < IN_TIME


@pytest.mark.parametrize("body", [BODY, b"malformed"], ids=["event", "malformed"])
def test_redis_is_killed_and_comes_back(own_redis: RealRedis, keys: Keys, body: bytes) -> None:
    """503 while it is away, and the same callback is stored, once, without a restart of the receiver."""
    with running_receiver(hermetic_settings(own_redis.url)) as receiver:
        status = receiver.post(body)
        own_redis.kill()
        away = [shed(receiver, body), shed(receiver, body)]
        ready = receiver.client.get("/readyz").status_code
        own_redis.start()
        again = eventually(lambda: receiver.post(body) == status, IN_TIME)

        assert [[True, True], 503, True] == [away, ready, again]
        assert (200, 200) == tuple(receiver.client.get(path).status_code for path in ("/livez", "/readyz"))
    with Redis.from_url(own_redis.url) as redis:
        assert (1 if status == 204 else 0) == len(stored_events(redis, keys))


@pytest.mark.parametrize("body", [BODY, b"malformed"], ids=["event", "malformed"])
def test_redis_hangs(own_redis: RealRedis, body: bytes) -> None:
    """A Redis that takes and does not answer is away, too."""
    with running_receiver(hermetic_settings(own_redis.url)) as receiver:
        receiver.post(body)
        with stopped(own_redis):
            away = shed(receiver, body)

        assert away
        assert eventually(lambda: receiver.post(communication(2)) == 204, IN_TIME)


def test_forgotten_scripts_are_loaded_again(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """SCRIPT FLUSH between two requests is not noticed by the sender."""
    answers = []
    for number in range(3):
        sync_redis.script_flush()
        answers.append(receiver.post(communication(number)))

    assert [204, 204, 204] == answers
    assert 3 == len(stored_events(sync_redis, keys))


@pytest.mark.anyio
async def test_a_failing_append_fails_alone(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """Fifty others that travel with it are stored."""
    sync_redis.set(keys.conversation("conv_wrong"), "not a hash")
    requests = [signed(communication(n, conversation_id="conv_wrong" if n == 25 else f"conv_{n}")) for n in range(51)]
    async with httpx.AsyncClient(base_url=receiver.url, timeout=10) as client:
        sent = (client.post(r.target, content=r.body, headers=r.headers) for r in requests)
        answers = [answer.status_code for answer in await asyncio.gather(*sent)]

    assert [204] * 25 + [503] + [204] * 25 == answers
    assert 50 == len(stored_events(sync_redis, keys))


def test_a_full_redis_takes_nothing_by_halves(own_redis: RealRedis, keys: Keys) -> None:
    """Out of memory is 503, and the same callback is new when there is room again."""
    settings = hermetic_settings(own_redis.url, event_memory_share=1)
    with running_receiver(settings) as receiver, Redis.from_url(own_redis.url) as redis:
        receiver.post(communication(2))
        redis.config_set("maxmemory", 1)
        refused = shed(receiver)
        redis.config_set("maxmemory", 0)
        stored = eventually(lambda: receiver.post(BODY) == 204)

        assert [True, True] == [refused, stored]
        assert 2 == len(stored_events(redis, keys))


def test_beyond_its_share_of_memory_the_receiver_sheds(own_redis: RealRedis) -> None:
    """Before Redis is full, and only until there is room; it says so by not being ready."""
    settings = hermetic_settings(own_redis.url, event_memory_share=0.5)
    with running_receiver(settings) as receiver, Redis.from_url(own_redis.url) as redis:
        receiver.post(BODY)
        redis.config_set("maxmemory", int(redis.info("memory")["used_memory"] * 1.5))
        assert eventually(lambda: shed(receiver))
        assert 503 == receiver.client.get("/readyz").status_code

        redis.config_set("maxmemory", 0)
        assert eventually(lambda: receiver.post(BODY) == 204)


@pytest.mark.anyio
async def test_more_than_can_be_in_flight_is_shed(redis: AsyncRedis, redis_url: str) -> None:
    """Beyond 1,024 requests at once the next is answered 503; when one has ended there is room again."""
    app = Receiver(hermetic_settings(redis_url), redis)
    bodies_come = asyncio.Event()
    statuses: list[int] = []

    async def late() -> Message:
        await bodies_come.wait()
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def at_once() -> Message:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def ask(receive: Receive) -> None:
        await app(request(), receive, send)

    waiting = [asyncio.ensure_future(ask(late)) for _ in range(MOST_IN_FLIGHT)]
    await asyncio.sleep(0)
    await ask(at_once)
    bodies_come.set()
    await asyncio.gather(*waiting)
    await ask(at_once)

    assert [503] + [403] * (MOST_IN_FLIGHT + 1) == statuses


def request() -> Scope:
    """Return an unsigned request as a server hands it to an application."""
    return {
        "type": "http",
        "method": "POST",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }


def test_logs_hold_no_content(receiver: RealReceiver, redis_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither what was said, nor by whom, nor a signature, whatever becomes of the request."""
    good = signed(BODY)
    for request_ in (good, good, signed(BODY, token="f" * 32), signed(BODY[:-9]), signed(b'{"eventType":"Text 1"}')):
        receiver.send(request_)
    said = capsys.readouterr()
    told = said.out + said.err

    assert CONVERSATION in told
    assert not [word for word in ("Text 1", "+1202", good.headers["x-twilio-signature"], redis_url) if word in told]
