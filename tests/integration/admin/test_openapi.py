"""The OpenAPI file says what the application does: its addresses, its methods, and the form of its answers."""

import json
from importlib.resources import files
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from service.attempt.answer import Answered, Failed
from service.endpoints.endpoint import NewEndpoint
from service.rules.parsing import parse
from service.store.client import connect
from service.web.admin import create
from tests.admin_house import AdminHouse, settings
from tests.history import CONVERSATION, History, communication_created, conversation_updated
from tests.json_schema import mistakes, resolved
from tests.leading_endpoint import leading
from tests.real_redis import RealRedis
from tests.relay_case import RelayCase
from workers.delivery.outcome import Dead, Retry

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Return the OpenAPI file."""
    found: dict[str, Any] = json.loads(files("service.web").joinpath("openapi.json").read_text(encoding="utf-8"))
    return found


def wrong(document: dict[str, Any], operation: str, answered: httpx.Response) -> list[str]:
    """Return what of a real answer differs from the description of an operation (`GET /api/events`)."""
    method, path = operation.split()
    responses = document["paths"][path][method.lower()]["responses"]
    if str(answered.status_code) not in responses:
        return [f"{operation}: {answered.status_code} is not described"]
    said = resolved(responses[str(answered.status_code)], document)
    lacking = [f"{operation}: no header {name}" for name in said.get("headers", ()) if name not in answered.headers]
    content_type = answered.headers.get("content-type", "").partition(";")[0]
    if content_type not in said.get("content", {"": None}):
        return [*lacking, f"{operation}: {content_type} is not described"]
    if not content_type.endswith("json"):
        return lacking
    return lacking + mistakes(answered.json(), said["content"][content_type]["schema"], document, operation)


def test_addresses_and_methods_are_those_of_the_application(document: dict[str, Any], redis_server: RealRedis) -> None:
    """Nothing is described that is not there, and nothing is there that is not described."""
    app = create(settings(redis_server.url), connect(redis_server.url))
    there = {
        (route.path, method.lower())
        for route in app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    described_ones = {
        (path, method) for path, item in document["paths"].items() for method in item if method in METHODS
    }

    assert there == described_ones


@pytest.mark.parametrize("path", ["/api/events", "/api/deliveries"])
def test_parameters_are_those_of_the_application(document: dict[str, Any], house: AdminHouse, path: str) -> None:
    """The application names the parameters that it knows; they are the described ones."""
    told = house.http.get(f"{path}?nothing=1").json()["mistakes"][0]
    names = [parameter["name"] for parameter in document["paths"][path]["get"]["parameters"]]

    assert f"nothing: there is no such parameter; there are {', '.join(names)}" == told


@pytest.mark.parametrize(
    ("schema", "method", "path"),
    [
        ("NewEndpoint", "POST", "/api/endpoints"),
        ("EndpointChange", "PATCH", "/api/endpoints/ep_1"),
        ("Rotation", "POST", "/api/endpoints/ep_1/rotate-secret"),
        ("Enable", "POST", "/api/endpoints/ep_1/enable"),
        ("ReplayRequest", "POST", "/api/endpoints/ep_1/replay"),
        ("RetryRequest", "POST", "/api/deliveries/retry"),
    ],
)
def test_members_are_those_of_the_application(
    document: dict[str, Any], house: AdminHouse, schema: str, method: str, path: str
) -> None:
    """The application names the members that it knows; they are the described ones."""
    told = house.http.request(method, path, json={"nothing": 1}).json()["mistakes"][0]
    names = document["components"]["schemas"][schema]["properties"]

    assert f"nothing: there is no such member; there are {', '.join(names)}" == told


def test_answers_have_the_described_form(
    document: dict[str, Any], house: AdminHouse, history: History, case: RelayCase
) -> None:
    """Every operation's good answer, with as much in it as can be."""
    http, filled = house.http, _fill(history, case)
    address = filled["endpoint"]
    answers = {
        "POST /api/endpoints": http.post("/api/endpoints", json={"url": "https://8.8.8.8/"}),
        "GET /api/endpoints": http.get("/api/endpoints"),
        "GET /api/endpoints/{id}": http.get(address),
        "PATCH /api/endpoints/{id}": http.patch(address, json={"rate_limit": 5, "headers": {"X-One": "1"}}),
        "POST /api/endpoints/{id}/rotate-secret": http.post(f"{address}/rotate-secret", json={"scheme": "v1a"}),
        "POST /api/endpoints/{id}/test": http.post(f"{address}/test"),
        "POST /api/endpoints/{id}/disable": http.post(f"{address}/disable"),
        "POST /api/endpoints/{id}/enable": http.post(f"{address}/enable"),
        "POST /api/endpoints/{id}/replay": http.post(
            f"/api/endpoints/{filled['failing']}/replay", json={"only": "all"}
        ),
        "GET /api/events": http.get("/api/events?limit=2"),
        "GET /api/events/{id}": http.get(f"/api/events/{filled['event']}"),
        "GET /api/deliveries": http.get("/api/deliveries"),
        "POST /api/deliveries/retry": http.post("/api/deliveries/retry", json=filled["delivery"]),
        "GET /api/conversations/{id}": http.get(f"/api/conversations/{CONVERSATION}"),
        "POST /api/conversations/{id}/close": http.post(f"/api/conversations/{CONVERSATION}/close"),
        "GET /api/jobs/{id}": http.get(f"/api/jobs/close-{filled['decided']}"),
        "GET /api/stats": http.get("/api/stats"),
        "GET /metrics": http.get("/metrics"),
        "GET /livez": http.get("/livez"),
        "GET /readyz": http.get("/readyz"),
        "DELETE /api/endpoints/{id}": http.delete(address),
    }

    operations = {f"{m.upper()} {p}" for p, item in document["paths"].items() for m in item if m in METHODS}
    assert operations == answers.keys()
    assert [] == [mistake for name, answered in answers.items() for mistake in wrong(document, name, answered)]
    assert all(answered.is_success for answered in answers.values())


def _fill(history: History, case: RelayCase) -> dict[str, Any]:
    endpoint, _ = leading(history, NewEndpoint(case.subscriber.url, name="crm"))
    failing = history.registers()
    happened = history.receives(
        communication_created(1), conversation_updated("ACTIVE", 1), conversation_updated("INACTIVE", 2)
    )
    history.counts("refused:bad_signature", 1)
    history.routes(parse('[[close]]\nwhen = "conversation.inactivated"'))
    claims = history.takes(failing, 2)
    history.settles(claims[0], Answered(410), Dead("gone"))
    history.settles(claims[1], Failed("timeout"), Retry(60, "timeout"))
    return {
        "endpoint": f"/api/endpoints/{endpoint.id}",
        "event": happened[0],
        "decided": happened[2],
        "failing": failing.id,
        "delivery": {"endpoint_id": failing.id, "event_id": happened[0]},
    }


def test_refusals_have_the_described_form(
    document: dict[str, Any], house: AdminHouse, history: History, case: RelayCase
) -> None:
    """Each kind of problem is described where it can happen."""
    http, closing = house.http, "/api/conversations/conv_1/close"
    address = f"/api/endpoints/{leading(history, NewEndpoint(case.subscriber.url))[0].id}"
    http.post(f"{address}/disable")
    case.subscriber.answers = [500]
    for _ in range(5):
        http.post(f"{address}/rotate-secret")
    json_type = {"Content-Type": "application/json"}
    answers = [
        (400, "GET /api/events", http.get("/api/events?limit=x")),
        (400, "POST /api/endpoints", http.post("/api/endpoints", content=b"{", headers=json_type)),
        (400, "GET /api/stats", http.get("/api/stats?x=1")),
        (401, "GET /api/stats", house.stranger.get("/api/stats")),
        (401, "POST /api/endpoints", house.stranger.post("/api/endpoints")),
        (404, "GET /api/events/{id}", http.get("/api/events/evt_none")),
        (404, "DELETE /api/endpoints/{id}", http.delete("/api/endpoints/ep_none")),
        (404, "PATCH /api/endpoints/{id}", http.patch("/api/endpoints/ep_none", json={})),
        (404, "POST /api/endpoints/{id}/test", http.post("/api/endpoints/ep_none/test")),
        (409, "POST /api/endpoints/{id}/enable", http.post(f"{address}/enable")),
        (409, "POST /api/endpoints/{id}/rotate-secret", http.post(f"{address}/rotate-secret")),
        (409, "POST /api/endpoints/{id}/replay", http.post(f"{address}/replay")),
        (422, "POST /api/endpoints/{id}/replay", http.post(f"{address}/replay", json={"rate": 0})),
        (400, "GET /api/deliveries", http.get("/api/deliveries?state=x")),
        (404, "GET /api/deliveries", http.get("/api/deliveries?endpoint_id=ep_none")),
        (
            404,
            "POST /api/deliveries/retry",
            http.post("/api/deliveries/retry", json={"endpoint_id": "a", "event_id": "b"}),
        ),
        (404, "GET /api/jobs/{id}", http.get("/api/jobs/close-none")),
        (413, "POST /api/endpoints", http.post("/api/endpoints", content=b" " * 65_537, headers=json_type)),
        (415, "POST /api/conversations/{id}/close", http.post(closing, content=b"{}")),
        (422, "POST /api/endpoints", http.post("/api/endpoints", json={})),
        (422, "PATCH /api/endpoints/{id}", http.patch(address, json={"rate_limit": 0})),
        (422, "POST /api/endpoints/{id}/disable", http.post(f"{address}/disable", json={"x": 1})),
        (422, "POST /api/conversations/{id}/close", http.post(closing, json={"reason": 1})),
    ]

    assert [status for status, _, _ in answers] == [answered.status_code for _, _, answered in answers]
    assert [] == [mistake for _, name, answered in answers for mistake in wrong(document, name, answered)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"count": 1, "oldest_seconds": 0.5}, 0),
        ({"count": 1}, 1),
        ({"count": "1", "oldest_seconds": 0}, 1),
        ({"count": True, "oldest_seconds": None}, 2),
        ({"count": 1, "oldest_seconds": 0, "more": 1}, 1),
        ([], 1),
    ],
)
def test_the_check_itself_sees_what_differs(document: dict[str, Any], value: object, expected: int) -> None:
    """A missing member, a wrong type and an undescribed member are seen."""
    assert expected == len(mistakes(value, {"$ref": "#/components/schemas/Lag"}, document))
