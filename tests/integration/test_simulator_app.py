"""The simulation beside `up`: the sample subscriber's door and endpoint. And its own door, for tests and people."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis
from rich.console import Console
from standardwebhooks import Webhook
from starlette.applications import Starlette

from service.endpoints.addresses import networks
from service.registration import Egress
from service.simulator.endpoint import ensure
from service.simulator.faults import Faults
from service.simulator.scenario import identifier
from service.simulator.story import Story
from service.simulator.subscriber import Subscriber
from service.store import endpoints
from service.store.keys import Keys
from service.store.secrets import Sealer
from tests.eventually import eventually
from tests.simulated_twilio import SimulatedTwilio, planned, simulated_twilio

SECRET = b"s" * 32
CONVERSATION = identifier("conv_conversation_", "seed")


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatedTwilio]:
    """Run one simulation that tells nobody."""
    with simulated_twilio(planned()) as twilio:
        yield twilio


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_control", {"faults": {"418": 0.1}}),
        ("/_control", {"lose": 1.5}),
        ("/_control", {"loose": 0.1}),
        ("/_control", {"alreadyClosed": 404}),
        ("/_control/play", {"scenario": "opera"}),
        ("/_control/play", {"scenario": "close", "stories": 0}),
        ("/_control/merge", {"profileId": "mem_profile_none"}),
    ],
)
def test_mistakes_at_the_control_door_are_told(running: SimulatedTwilio, path: str, body: dict[str, Any]) -> None:
    """What cannot be meant is answered 400 with the reason, and changes nothing."""
    before = running.http.get("/_control").json()

    answer = running.http.post(path, json=body)

    assert (400, before) == (answer.status_code, running.http.get("/_control").json())
    assert answer.json()["error"]


def test_the_control_door_takes_no_forms(running: SimulatedTwilio) -> None:
    """A form, which any page in a browser can send to this machine, is answered 415."""
    actual = running.http.post("/_control", data={"lose": "1"}).status_code

    assert 415 == actual


def test_faults_are_changed_one_by_one() -> None:
    """A change keeps what it does not name, and the answer shows what now holds."""
    with simulated_twilio(planned(faults=Faults(lose=0.1))) as twilio:
        twilio.http.post("/_control", json={"faults": {"429": 0.5}})

        actual = twilio.http.post("/_control", json={"repeat": 0.2}).json()

    assert ({"429": 0.5}, 0.1, 0.2) == (actual["faults"], actual["lose"], actual["repeat"])


def test_a_story_can_be_asked_for() -> None:
    """A story that is asked for begins at once beside the programme, and its conversations are in the truth."""
    with simulated_twilio(planned()) as twilio:
        twilio.http.post("/_control/play", json={"scenario": "close", "stories": 2})
        eventually(lambda: twilio.state()["counts"]["closedBy"] == {"scenario": 2})
        state = twilio.played()

    kinds = [each["conversationIds"] for each in state["observations"]]
    assert (4, 2) == (len(state["conversations"]), state["counts"]["statuses"]["CLOSED"])
    assert sorted(each["id"] for each in state["conversations"]) == sorted(name for [name] in kinds)


def test_what_is_not_simulated_is_told(running: SimulatedTwilio) -> None:
    """A path that the simulator does not have is answered 404 with a word on where to look."""
    answer = running.http.get("/conversations/v2/Fantasies")

    assert (404, 20404) == (answer.status_code, answer.json()["code"])
    assert "docs/simulator.md" in answer.json()["message"]


@pytest.mark.anyio
async def test_the_subscriber_tells_what_it_got() -> None:
    """A signed delivery is answered 2xx, told and shown once; an unsigned one is answered 401."""
    data = '{"id":"resource","updatedAt":"then","name":null}'
    body = f'{{"type":"conversation.created","conversation_id":"{CONVERSATION}","sequence":1,"data":{data}}}'
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("evt_1", now, body),
    }
    wrong = {**headers, "webhook-signature": "v1,abc"}

    with io.StringIO() as told:
        transport = httpx.ASGITransport(
            Starlette(routes=Subscriber(SECRET, Story(Console(file=told, width=200))).routes())
        )
        async with httpx.AsyncClient(transport=transport, base_url="http://subscriber") as http:
            sent = [await http.post("/subscriber", content=body, headers=each) for each in (headers, headers, wrong)]
            received = (await http.get("/subscriber")).json()
        lines = told.getvalue()

    assert [204, 204, 401] == [answer.status_code for answer in sent]
    assert (2, 1, 1) == (received["verified"], received["repeated"], received["unproven"])
    assert [("evt_1", "resource", "then")] == [
        (each["id"], each["resource_id"], each["updated_at"]) for each in received["events"]
    ]
    for line in ("#1 signature verified\n", "#1 signature verified, seen before\n", "wrong signature\n"):
        assert line in lines


@pytest.mark.anyio
async def test_the_sample_endpoint_is_found_again(redis: Redis, keys: Keys) -> None:
    """A restart finds the endpoint and its secret; another port makes a new one and removes the old."""
    sealer, egress = Sealer("secret"), Egress(allow_http=True, allowed=networks(("127.0.0.0/8",)))
    first, again, moved = [
        await ensure(redis, keys, sealer, egress, f"http://127.0.0.1:{port}/subscriber") for port in (8002, 8002, 8003)
    ]

    urls = [endpoint.url for endpoint in (await endpoints.listing(redis, keys)).endpoints.values()]

    assert first == again != moved
    assert ["http://127.0.0.1:8003/subscriber"] == urls
