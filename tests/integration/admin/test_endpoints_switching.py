"""An endpoint tested, switched off, and switched on again over HTTP."""

import socket
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from service.endpoints.endpoint import Disabled, Endpoint, NewEndpoint
from service.endpoints.health import HEALTHY
from service.store import endpoints, health
from tests.admin_house import AdminHouse
from tests.history import History
from tests.leading_endpoint import leading
from tests.relay_case import RelayCase
from tests.signatures import signing

MISSED = 3


@pytest.fixture
def one(history: History, case: RelayCase) -> Endpoint:
    """Return an endpoint that leads to it, with a header of its own."""
    return leading(history, NewEndpoint(case.subscriber.url, ("message.*",), headers={"X-Api-Key": "0123"}))[0]


Do = Callable[..., Any]


@pytest.fixture
def do(house: AdminHouse, one: Endpoint) -> Do:
    """Return what does something with the endpoint and returns status and answer."""

    def done(action: str, **members: object) -> tuple[int, dict[str, Any]]:
        answered = house.http.post(f"/api/endpoints/{one.id}/{action}", json=members)
        return answered.status_code, answered.json()

    return done


def shown(house: AdminHouse, one: Endpoint) -> dict[str, Any]:
    """Return how an endpoint is shown."""
    found: dict[str, Any] = house.http.get(f"/api/endpoints/{one.id}").json()
    return found


def test_a_test_is_one_signed_delivery(house: AdminHouse, history: History, case: RelayCase, do: Do) -> None:
    """It looks like every delivery, has no sequence, and goes whatever the endpoint's types are."""
    endpoint, secret = leading(history, NewEndpoint(case.subscriber.url, headers={"X-Api-Key": "0123"}))
    answered = house.http.post(f"/api/endpoints/{endpoint.id}/test").json()
    [arrival] = case.subscriber.arrivals

    assert {
        "delivered": True,
        "status": 204,
        "error": None,
        "id": arrival.event["id"],
        "ms": answered["ms"],
    } == answered
    assert {
        "id": arrival.headers["webhook-id"], "type": "endpoint.test", "timestamp": arrival.event["timestamp"],
        "sequence": None, "source": "service", "account_id": None, "conversation_id": None,
        "data": {"endpoint_id": endpoint.id},
    } == arrival.event  # fmt: skip
    assert ("0123", "1", None, ["secret"]) == (
        arrival.headers["x-api-key"], arrival.headers["webhook-attempt"],
        arrival.headers.get("webhook-previous-sequence"), signing(arrival, {"secret": secret}),
    )  # fmt: skip
    assert (200, True) == (do("test")[0], case.subscriber.arrivals[1].headers["webhook-id"] != answered["id"])


def test_a_test_leaves_no_trace(house: AdminHouse, history: History, one: Endpoint, do: Do) -> None:
    """It is not in the log, not in the figures, and not in the endpoint's health."""
    before = history.does(lambda redis: redis.keys())
    do("test")

    assert sorted(before) == sorted(history.does(lambda redis: redis.keys()))
    assert [] == house.http.get("/api/events").json()["events"]
    assert 0 == next(
        each["delivered"] for each in house.http.get("/api/stats").json()["endpoints"] if each["id"] == one.id
    )


def test_a_refused_test_tells_what_came(case: RelayCase, do: Do) -> None:
    """The status of the answer; an endpoint that is not disabled goes on."""
    case.subscriber.answers = [500]
    status, answered = do("test")

    assert (200, False, 500, None) == (status, answered["delivered"], answered["status"], answered["error"])


def test_a_test_that_arrives_nowhere_tells_why(house: AdminHouse, history: History) -> None:
    """In the word that attempts have for it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    endpoint, _ = leading(history, NewEndpoint(f"http://127.0.0.1:{port}/"))
    answered = house.http.post(f"/api/endpoints/{endpoint.id}/test").json()

    assert (False, None, "connect") == (answered["delivered"], answered["status"], answered["error"])


def test_a_test_goes_through_the_guard(house: AdminHouse, history: History) -> None:
    """An address that deliveries may not reach is not reached by a test either."""
    endpoint, _ = leading(history, NewEndpoint("https://8.8.8.8/"))
    private = Endpoint(
        id="ep_private", url="http://10.0.0.1/", types=("*",), sealed_secret=endpoint.sealed_secret, created_at=0
    )
    history.does(lambda redis: endpoints.put(redis, history.keys, private))

    assert "refused_address" == house.http.post("/api/endpoints/ep_private/test").json()["error"]


def test_disabled_by_hand(house: AdminHouse, one: Endpoint, do: Do) -> None:
    """It says so and since when, also when it is disabled twice."""
    first, second = do("disable"), do("disable")

    assert first == second
    assert (200, "disabled", "by_hand") == (first[0], first[1]["state"], first[1]["disabled_reason"])
    assert shown(house, one) == first[1]


def test_a_reason_is_not_overwritten(history: History, one: Endpoint, do: Do) -> None:
    """Whoever disables what is gone already still sees that it was gone."""
    gone = msgspec.structs.replace(one, disabled=Disabled("gone", 1))
    history.does(lambda redis: endpoints.put(redis, history.keys, gone))

    assert "gone" == do("disable")[1]["disabled_reason"]


def test_enabled_again_after_a_test(
    house: AdminHouse, history: History, one: Endpoint, case: RelayCase, do: Do
) -> None:
    """A success enables; what the endpoint has been through is forgotten, what it has missed is counted."""
    do("disable")
    history.does(lambda redis: redis.hset(history.keys.endpoint_health(one.id), mapping={"failures": 9, "warned": 50}))
    history.does(lambda redis: redis.zadd(history.keys.paused, {one.id: 1}))
    miss(history, one)
    status, answered = do("enable")
    stored = history.does(lambda redis: endpoints.get(redis, history.keys, one.id))

    assert (200, "active", MISSED) == (status, answered["state"], answered["missed"])
    assert ["endpoint.test"] == [arrival.event["type"] for arrival in case.subscriber.arrivals]
    assert shown(house, one) == answered
    assert {one.id: HEALTHY} == history.does(lambda redis: health.health(redis, history.keys, [one.id]))
    assert stored is not None
    assert stored.enabled_at > one.created_at - 1000


@pytest.mark.parametrize("answer", [500, 410, 302, 503])
def test_a_refusal_leaves_it_disabled(house: AdminHouse, one: Endpoint, case: RelayCase, do: Do, answer: int) -> None:
    """409 tells what came of the test."""
    disabled = do("disable")[1]
    case.subscriber.answers = [answer]
    status, problem = do("enable")
    test = problem["test"]

    assert (409, False, answer, None) == (status, test["delivered"], test["status"], test["error"])
    assert f"answered {answer}" in problem["detail"]
    assert disabled == shown(house, one)


def test_force_asks_nobody(case: RelayCase, do: Do) -> None:
    """It is enabled although it would refuse."""
    do("disable")
    case.subscriber.answers = [500]
    status, answered = do("enable", force=True)

    assert (200, "active", []) == (status, answered["state"], case.subscriber.arrivals)


def test_what_is_not_disabled_is_not_tested(case: RelayCase, do: Do) -> None:
    """To enable it changes nothing."""
    case.subscriber.answers = [500]
    status, answered = do("enable")

    assert (200, "active", []) == (status, answered["state"], case.subscriber.arrivals)


@pytest.mark.parametrize("action", ["test", "disable", "enable"])
def test_wrong_requests_are_told(house: AdminHouse, do: Do, action: str) -> None:
    """An endpoint that there is not, a member that there is not, and a body that is no object."""
    elsewhere = house.http.post(f"/api/endpoints/ep_unknown/{action}")
    status, problem = do(action, colour="red", force=1)
    no_object = house.http.post("/api/endpoints/ep_unknown/enable", json=[])

    names = [mistake.partition(":")[0] for mistake in problem["mistakes"]]
    assert (404, 422, {"colour", "force"}, 422) == (elsewhere.status_code, status, set(names), no_object.status_code)


def miss(history: History, one: Endpoint) -> None:
    """Let an endpoint miss what it was disabled for, and one dead delivery."""
    skipped = {"1-0|evt_1|0|conv_1": 1, "2-0|evt_2|1|conv_1": 2}
    history.does(lambda redis: redis.zadd(history.keys.skipped(one.id), skipped))
    history.does(lambda redis: redis.hset(history.keys.dead(one.id), "evt_3", "{}"))
