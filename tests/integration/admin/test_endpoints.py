"""Endpoints over HTTP: made, shown without their secret, removed; and every way of asking wrongly."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from service.registry.sealing import header_values
from service.store import endpoints
from service.store.secrets import Sealer
from tests.admin_house import AdminHouse
from tests.history import SECRET_KEY, History

URL = "https://8.8.8.8/hooks"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def test_an_endpoint_is_made_and_its_secret_is_shown_this_once(house: AdminHouse, history: History) -> None:
    """201 has the id, where it is and the secret; later answers have neither it nor the headers' values."""
    asked = {
        "url": URL, "types": ["conversation.*", "message.received"], "description": "our CRM", "name": "crm",
        "ordered": True, "rate_limit": 0.5, "headers": {"X-Api-Key": "0123"},
    }  # fmt: skip
    made = house.http.post("/api/endpoints", json=asked)
    shown = house.http.get(made.headers["location"]).json()
    stored = history.does(lambda redis: endpoints.get(redis, history.keys, shown["id"]))

    assert stored is not None
    assert {
        **asked, "headers": {"X-Api-Key": "•••"}, "scheme": "v1", "public_key": None, "old_secret_until": None,
        "state": "active", "disabled_reason": None, "disabled_at": None, "paused_until": None, "missed": 0,
        "id": stored.id, "created_at": shown["created_at"],
    } == shown  # fmt: skip
    assert (201, {**shown, "secret": made.json()["secret"]}) == (made.status_code, made.json())
    assert base64.b64decode(made.json()["secret"].removeprefix("whsec_")) == Sealer(SECRET_KEY).open(
        stored.sealed_secret
    )
    assert {"X-Api-Key": "0123"} == header_values(Sealer(SECRET_KEY), stored)
    assert "no-store" == made.headers["cache-control"]


def test_an_endpoint_without_types_gets_everything(house: AdminHouse) -> None:
    """Types are a wish; without one, all are sent."""
    assert ["*"] == house.http.post("/api/endpoints", json={"url": URL}).json()["types"]


def test_a_secret_can_be_brought_along(house: AdminHouse) -> None:
    """Whoever moves here keeps the secrets that subscribers already verify with."""
    assert SECRET == house.http.post("/api/endpoints", json={"url": URL, "secret": SECRET}).json()["secret"]


@pytest.mark.parametrize("secret", [None, "whsk_" + base64.b64encode(bytes(range(32))).decode()])
def test_an_ed25519_endpoint_shows_its_public_key_alone(house: AdminHouse, secret: str | None) -> None:
    """The private key is never shown, whoever made it; the public one always."""
    made = house.http.post("/api/endpoints", json={"url": URL, "scheme": "v1a", "secret": secret})
    shown = house.http.get(made.headers["location"]).json()

    assert ("v1a", None) == (made.json()["scheme"], made.json()["secret"])
    assert shown["public_key"] == made.json()["public_key"]
    assert 32 == len(base64.b64decode(shown["public_key"].removeprefix("whpk_")))
    assert "whsk_" not in made.text


def test_a_name_is_given_once(house: AdminHouse) -> None:
    """The mistake names the endpoint that has it; without a name there can be any number."""
    first = house.http.post("/api/endpoints", json={"url": URL, "name": "crm"}).json()
    second = house.http.post("/api/endpoints", json={"url": URL, "name": "crm"})
    nameless = [house.http.post("/api/endpoints", json={"url": URL}).status_code for _ in range(2)]

    assert (422, [f"name: {first['id']} has it already"]) == (second.status_code, second.json()["mistakes"])
    assert [201, 201] == nameless


def test_the_list_has_all_in_the_order_of_their_making(house: AdminHouse) -> None:
    """And no secret of any."""
    made = [house.http.post("/api/endpoints", json={"url": f"{URL}/{n}"}).json() for n in range(3)]
    listed = house.http.get("/api/endpoints").json()

    assert {"endpoints": [{k: v for k, v in one.items() if k != "secret"} for one in made]} == listed


def test_a_removed_endpoint_is_gone(house: AdminHouse) -> None:
    """204, and 404 from then on."""
    address = house.http.post("/api/endpoints", json={"url": URL}).headers["location"]

    assert [204, 404, 404] == [
        house.http.delete(address).status_code,
        house.http.delete(address).status_code,
        house.http.get(address).status_code,
    ]
    assert {"endpoints": []} == house.http.get("/api/endpoints").json()


@pytest.mark.parametrize("path", ["ep_unknown", "ep_1:stats", "a b", "%00", "x" * 300])
def test_an_id_that_is_none_is_404(house: AdminHouse, path: str) -> None:
    """Also one that would spell another key of ours."""
    assert 404 == house.http.get(f"/api/endpoints/{path}").status_code
    assert 404 == house.http.delete(f"/api/endpoints/{path}").status_code


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["url"]),
        ({"url": 5}, ["url"]),
        ({"url": None}, ["url"]),
        ({"url": "ftp://8.8.8.8/"}, ["url"]),
        ({"url": "http://8.8.8.8/"}, ["url"]),
        ({"url": "https://10.0.0.1/"}, ["url"]),
        ({"url": "https://[::ffff:169.254.169.254]/"}, ["url"]),
        ({"url": "https://localhost/"}, ["url"]),
        ({"url": URL, "types": "conversation.*"}, ["types"]),
        ({"url": URL, "types": []}, ["types"]),
        ({"url": URL, "types": ["Conversation.*"]}, ["types"]),
        ({"url": URL, "types": [1]}, ["types"]),
        ({"url": URL, "description": "x" * 257}, ["description"]),
        ({"url": URL, "description": None}, ["description"]),
        ({"url": URL, "secret": "whsec_c2hvcnQ="}, ["secret"]),
        ({"url": URL, "secret": 7}, ["secret"]),
        ({"url": URL, "colour": "red"}, ["colour"]),
        ({"url": URL, "name": "our CRM"}, ["name"]),
        ({"url": URL, "scheme": "v2"}, ["scheme"]),
        ({"url": URL, "ordered": "yes"}, ["ordered"]),
        ({"url": URL, "rate_limit": 0}, ["rate_limit"]),
        ({"url": URL, "rate_limit": 10_001}, ["rate_limit"]),
        ({"url": URL, "rate_limit": True}, ["rate_limit"]),
        ({"url": URL, "headers": {"webhook-id": "x"}}, ["headers"]),
        ({"url": URL, "headers": {"X-Api-Key": None}}, ["headers"]),
        ({"url": URL, "headers": ["X-Api-Key"]}, ["headers"]),
        ({"url": URL, "headers": {"A": "\n", "B": "\u0007"}}, ["headers", "headers"]),
        ({"url": URL, "expire_old_in": 0}, ["expire_old_in"]),
        ({"url": "https://10.0.0.1/", "types": 3, "rate_limit": -1, "x": 1}, ["x", "types", "url", "rate_limit"]),
        ({"url": "https://10.0.0.1/", "name": "-", "secret": "x"}, ["url", "name", "secret"]),
        ({"url": URL, "secret": "x", "x": 1}, ["x", "secret"]),
    ],
)  # fmt: skip
def test_mistakes_are_named_together(house: AdminHouse, asked: dict[str, Any], names: list[str]) -> None:
    """422 has a sentence for each thing that is wrong, and nothing is made."""
    answered = house.http.post("/api/endpoints", json=asked)

    assert 422 == answered.status_code
    assert names == [mistake.partition(":")[0] for mistake in answered.json()["mistakes"]]
    assert {"endpoints": []} == house.http.get("/api/endpoints").json()


def test_a_secret_is_not_repeated_in_a_mistake(house: AdminHouse) -> None:
    """What was meant to be secret does not come back."""
    answered = house.http.post("/api/endpoints", json={"url": URL, "secret": "my-own-secret"})

    assert (422, False) == (answered.status_code, "my-own-secret" in answered.text)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"url":"https://8.8.8.8/"} x', 400),
        (b'{"url":"\xff"}', 400),
        (b'{"url":"\\ud800"}', 400),
        (b'{"url":NaN}', 400),
        (b"[" * 60_000, 400),
        (b"[]", 422),
        (b'"https://8.8.8.8/"', 422),
        (b"null", 422),
        (b'{"url":"' + b"x" * 66_000 + b'"}', 413),
    ],
)
def test_a_body_that_is_no_object_is_refused(house: AdminHouse, body: bytes, status: int) -> None:
    """400 for what is not JSON, 422 for JSON that is not an object, 413 above 64 KiB."""
    answered = house.http.post("/api/endpoints", content=body, headers={"Content-Type": "application/json"})

    assert (status, status) == (answered.status_code, answered.json()["status"])


def test_a_body_of_unknown_length_is_counted_while_it_comes(house: AdminHouse) -> None:
    """413 also for a chunked body that announces nothing."""

    def chunks() -> Iterator[bytes]:
        for _ in range(70):
            yield b" " * 1024

    answered = house.http.post("/api/endpoints", content=chunks(), headers={"Content-Type": "application/json"})

    assert 413 == answered.status_code


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_only_json_is_taken(house: AdminHouse, content_type: str) -> None:
    """415 for any other content type; a form of another site never reaches the endpoints."""
    answered = house.http.post("/api/endpoints", content=b"{}", headers={"Content-Type": content_type})

    assert 415 == answered.status_code


def test_a_charset_does_no_harm(house: AdminHouse) -> None:
    """Parameters of the content type are passed over."""
    answered = house.http.post(
        "/api/endpoints",
        content=b'{"url":"https://8.8.8.8/"}',
        headers={"Content-Type": "Application/JSON; charset=utf-8"},
    )

    assert 201 == answered.status_code
