"""Another secret for an endpoint: shown this once, beside the old one for a while."""

import base64
from typing import Any

import msgspec
import pytest

from service.endpoints.endpoint import NewEndpoint, Retired
from service.endpoints.secret import decode
from service.store import endpoints
from service.store.secrets import Sealer
from tests.admin_house import AdminHouse
from tests.history import SECRET_KEY, History
from tests.leading_endpoint import leading
from tests.relay_case import RelayCase
from tests.signatures import signing

URL = "https://8.8.8.8/hooks"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()


def rotated(house: AdminHouse, endpoint_id: str, **members: object) -> dict[str, Any]:
    """Rotate an endpoint's secret and return the answer, which is 200."""
    answered = house.http.post(f"/api/endpoints/{endpoint_id}/rotate-secret", json=members)
    assert 200 == answered.status_code, answered.text
    found: dict[str, Any] = answered.json()
    return found


def test_the_new_secret_is_shown_this_once(house: AdminHouse) -> None:
    """With the endpoint as it is, and the time until which the old one signs; later answers do not have it."""
    made = house.http.post("/api/endpoints", json={"url": URL, "secret": SECRET}).json()
    answered = rotated(house, made["id"])
    shown = house.http.get(f"/api/endpoints/{made['id']}").json()

    assert {**shown, "secret": answered["secret"]} == answered
    assert SECRET != answered["secret"]
    assert 32 == len(decode(answered["secret"]))
    assert shown["old_secret_until"]


def test_old_and_new_sign_until_the_old_one_ends(house: AdminHouse, history: History, case: RelayCase) -> None:
    """Whoever verifies with either is not cut off; with no overlap only the new one is left."""
    endpoint, first = leading(history, NewEndpoint(case.subscriber.url))
    second = rotated(house, endpoint.id)["secret"]
    house.http.post(f"/api/endpoints/{endpoint.id}/test")
    third = rotated(house, endpoint.id, expire_old_in=0)["secret"]
    house.http.post(f"/api/endpoints/{endpoint.id}/test")
    known = {"first": first, "second": second, "third": third}

    # What was retired with time left keeps it; what was replaced at once is gone.
    assert [["second", "first"], ["third", "first"]] == [
        signing(arrival, known) for arrival in case.subscriber.arrivals
    ]


def test_what_is_over_goes_with_the_next_change(house: AdminHouse, history: History) -> None:
    """Also with one that has nothing to do with secrets."""
    made = house.http.post("/api/endpoints", json={"url": URL}).json()
    old = history.does(lambda redis: endpoints.get(redis, history.keys, made["id"]))
    assert old is not None
    over = msgspec.structs.replace(old, retired=(Retired(old.sealed_secret, "v1", 1),))
    history.does(lambda redis: endpoints.put(redis, history.keys, over))
    house.http.patch(f"/api/endpoints/{made['id']}", json={"description": "new"})
    stored = history.does(lambda redis: endpoints.get(redis, history.keys, made["id"]))

    assert stored is not None
    assert ("new", ()) == (stored.description, stored.retired)


def test_another_scheme_can_follow(house: AdminHouse, history: History, case: RelayCase) -> None:
    """The shared secret signs beside the private key, and the answer has the public one."""
    endpoint, first = leading(history, NewEndpoint(case.subscriber.url))
    answered = rotated(house, endpoint.id, scheme="v1a")
    house.http.post(f"/api/endpoints/{endpoint.id}/test")
    known = {"first": first, "second": answered["public_key"]}

    assert ("v1a", None) == (answered["scheme"], answered["secret"])
    assert [["second", "first"]] == [signing(arrival, known) for arrival in case.subscriber.arrivals]


def test_a_secret_can_be_brought_along(house: AdminHouse, history: History) -> None:
    """And one that comes back is retired no more: it would sign twice."""
    made = house.http.post("/api/endpoints", json={"url": URL, "secret": SECRET}).json()
    shown = [rotated(house, made["id"], secret=secret)["secret"] for secret in (OTHER, SECRET)]
    stored = history.does(lambda redis: endpoints.get(redis, history.keys, made["id"]))

    assert stored is not None
    assert [OTHER, SECRET] == shown
    assert [decode(OTHER)] == [Sealer(SECRET_KEY).open(old.sealed_secret) for old in stored.retired]


def test_too_many_secrets_are_refused(house: AdminHouse) -> None:
    """409 says until when; the secret stays."""
    made = house.http.post("/api/endpoints", json={"url": URL}).json()
    for _ in range(5):
        rotated(house, made["id"])
    refused = house.http.post(f"/api/endpoints/{made['id']}/rotate-secret")

    assert (409, "Conflict") == (refused.status_code, refused.json()["title"])
    assert refused.json()["detail"].startswith("5 old secrets sign already, the first until ")


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"expire_old_in": -1}, ["expire_old_in"]),
        ({"expire_old_in": 2_592_001}, ["expire_old_in"]),
        ({"expire_old_in": 0.5}, ["expire_old_in"]),
        ({"expire_old_in": True, "scheme": "v2", "secret": 1, "x": 1}, ["x", "secret", "scheme", "expire_old_in"]),
        ({"secret": "whsec_x"}, ["secret"]),
        ({"secret": OTHER, "scheme": "v1a"}, ["secret"]),
        ({"secret": SECRET}, ["secret"]),
    ],
)
def test_mistakes_are_named_together_and_nothing_changes(
    house: AdminHouse, history: History, asked: dict[str, Any], names: list[str]
) -> None:
    """422 has a sentence for each, and none repeats a secret; the present one is no successor of itself."""
    made = house.http.post("/api/endpoints", json={"url": URL, "secret": SECRET}).json()
    before = history.does(lambda redis: endpoints.get(redis, history.keys, made["id"]))
    answered = house.http.post(f"/api/endpoints/{made['id']}/rotate-secret", json=asked)

    assert 422 == answered.status_code
    assert names == [mistake.partition(":")[0] for mistake in answered.json()["mistakes"]]
    assert not [secret for secret in (SECRET, OTHER) if secret in answered.text]
    assert before == history.does(lambda redis: endpoints.get(redis, history.keys, made["id"]))


def test_an_endpoint_that_is_none_is_404(house: AdminHouse) -> None:
    """As everywhere."""
    assert 404 == house.http.post("/api/endpoints/ep_unknown/rotate-secret").status_code
