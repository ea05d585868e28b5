"""Members of an endpoint changed over HTTP: what is named changes, what is not named stays."""

import asyncio
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from service.endpoints.endpoint import Amendment, Endpoint
from service.registration import Egress, InvalidEndpointError
from service.registry.alteration import ContendedError, alter
from service.registry.amendment import amend
from service.registry.registry import Registry
from service.registry.sealing import header_values
from service.store import endpoints
from service.store.secrets import Sealer
from tests.admin_house import AdminHouse
from tests.history import SECRET_KEY, History

URL = "https://8.8.8.8/hooks"
WHOLE = {
    "url": URL, "types": ["message.*"], "description": "our CRM", "name": "crm", "ordered": True, "rate_limit": 5.0,
    "headers": {"X-One": "1", "X-Two": "2"},
}  # fmt: skip
SEALER = Sealer(SECRET_KEY)


def made(house: AdminHouse, **members: object) -> dict[str, Any]:
    """Make an endpoint and return how it is shown."""
    found: dict[str, Any] = house.http.post("/api/endpoints", json={**WHOLE, **members}).json()
    return {name: value for name, value in found.items() if name != "secret"}


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({}, {}),
        ({"url": "https://8.8.4.4/"}, {"url": "https://8.8.4.4/"}),
        ({"types": ["*"], "ordered": False}, {"types": ["*"], "ordered": False}),
        ({"description": "", "name": ""}, {"description": "", "name": ""}),
        ({"rate_limit": None}, {"rate_limit": None}),
        ({"rate_limit": 50}, {"rate_limit": 50.0}),
        ({"headers": {"x-one": None}}, {"headers": {"X-Two": "•••"}}),
        ({"headers": {"X-Three": "3"}}, {"headers": {"X-One": "•••", "X-Two": "•••", "X-Three": "•••"}}),
    ],
)
def test_what_is_named_changes_alone(house: AdminHouse, change: dict[str, Any], shown: dict[str, Any]) -> None:
    """The answer is the endpoint as it is from then on."""
    before = made(house)
    answered = house.http.patch(f"/api/endpoints/{before['id']}", json=change)

    assert (200, {**before, **shown}) == (answered.status_code, answered.json())
    assert answered.json() == house.http.get(f"/api/endpoints/{before['id']}").json()


def test_header_values_are_kept_sealed(house: AdminHouse, history: History) -> None:
    """A changed value is stored, and stands nowhere in the record."""
    one = made(house)["id"]
    house.http.patch(f"/api/endpoints/{one}", json={"headers": {"X-One": "a new value"}})
    stored = history.does(lambda redis: endpoints.get(redis, history.keys, one))

    assert stored is not None
    assert {"X-One": "a new value", "X-Two": "2"} == header_values(SEALER, stored)
    assert "a new value" not in repr(stored)


@pytest.mark.parametrize(
    ("change", "raised"),
    [({"rate_limit": 5.0}, 0), ({"headers": {"X-One": "1", "X-Gone": None}}, 0), ({"rate_limit": 6.0}, 1)],
)
def test_only_a_change_raises_the_version(
    house: AdminHouse, history: History, change: dict[str, Any], raised: int
) -> None:
    """Relays plan anew for each version; asking for what is there already is none."""
    one = made(house)["id"]
    versions = []
    for _ in range(2):
        versions.append(history.does(lambda redis: endpoints.version(redis, history.keys)))
        house.http.patch(f"/api/endpoints/{one}", json=change)

    assert raised == versions[1] - versions[0]


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"url": "http://10.0.0.1/"}, ["url"]),
        ({"url": None, "types": None, "ordered": None}, ["url", "types", "ordered"]),
        ({"secret": "whsec_x", "scheme": "v1a", "state": "active"}, ["secret", "scheme", "state"]),
        ({"headers": {"x-one": "\u0007"}, "rate_limit": 0}, ["headers", "rate_limit"]),
        ({"headers": {f"X-{n}": "1" for n in range(19)}}, ["headers"]),
        ({"name": "other", "x": 1}, ["x"]),
        ({"name": "other"}, ["name"]),
    ],
)
def test_mistakes_are_named_together_and_nothing_changes(
    house: AdminHouse, change: dict[str, Any], names: list[str]
) -> None:
    """422 has a sentence for each; the headers are counted with those that there are."""
    made(house, name="other")
    before = made(house)
    answered = house.http.patch(f"/api/endpoints/{before['id']}", json=change)

    assert 422 == answered.status_code
    assert names == [mistake.partition(":")[0] for mistake in answered.json()["mistakes"]]
    assert before == house.http.get(f"/api/endpoints/{before['id']}").json()


def test_an_endpoint_may_keep_its_own_name(house: AdminHouse) -> None:
    """It is taken by nobody else."""
    one = made(house)["id"]

    assert 200 == house.http.patch(f"/api/endpoints/{one}", json={"name": "crm"}).status_code


@pytest.mark.parametrize("path", ["ep_unknown", "ep_1:stats"])
def test_an_endpoint_that_is_none_is_404(house: AdminHouse, path: str) -> None:
    """Also an id that would spell another key of ours."""
    assert 404 == house.http.patch(f"/api/endpoints/{path}", json={"ordered": True}).status_code


def test_changes_at_once_all_stay(house: AdminHouse, history: History) -> None:
    """Whoever was too late reads again: no change is lost under another one."""
    one, others = made(house)["id"], made(house, name="other")["id"]
    wishes = [
        Amendment(url="https://8.8.4.4/"), Amendment(types=("*",)), Amendment(description="new"),
        Amendment(ordered=False), Amendment(rate_limit=7.0), Amendment(headers={"X-Three": "3"}),
    ]  # fmt: skip

    async def change_all(redis: Redis) -> None:
        registry = Registry(redis, history.keys, SEALER, Egress())
        noise = [amend(registry, others, Amendment(rate_limit=float(n + 10)), 0) for n in range(6)]
        await asyncio.gather(*(amend(registry, one, wish, 0) for wish in wishes), *noise)

    history.does(change_all)
    after = house.http.get(f"/api/endpoints/{one}").json()

    assert ("https://8.8.4.4/", ["*"], "new", False, 7.0, ["X-One", "X-Two", "X-Three"]) == (
        after["url"], after["types"], after["description"], after["ordered"], after["rate_limit"],
        list(after["headers"]),
    )  # fmt: skip


def test_one_name_is_not_given_twice_at_once(house: AdminHouse, history: History) -> None:
    """Of two who want it at the same moment, at most one has it afterwards, and whoever has not was told."""
    ids = [made(house, name="")["id"] for _ in range(4)]

    async def name_all(redis: Redis) -> list[object]:
        registry = Registry(redis, history.keys, SEALER, Egress())
        wishes = (amend(registry, each, Amendment(name="wanted"), 0) for each in ids)
        return await asyncio.gather(*wishes, return_exceptions=True)

    answers = history.does(name_all)
    named = [house.http.get(f"/api/endpoints/{each}").json()["name"] == "wanted" for each in ids]

    assert named.count(True) <= 1
    assert named == [not isinstance(answer, InvalidEndpointError) for answer in answers]


def test_contention_has_an_end(house: AdminHouse, history: History) -> None:
    """Where somebody else is always quicker, nothing is changed, and that is said."""
    one = made(house)["id"]

    async def contend(redis: Redis) -> None:
        registry, turn = Registry(redis, history.keys, SEALER, Egress()), iter(range(1, 1000))

        async def disturbed(old: Endpoint) -> Endpoint:
            await amend(registry, one, Amendment(rate_limit=float(next(turn))), 0)
            return msgspec.structs.replace(old, ordered=False)

        await alter(redis, history.keys, one, disturbed, 0)

    with pytest.raises(ContendedError, match="nothing was changed"):
        history.does(contend)

    assert house.http.get(f"/api/endpoints/{one}").json()["ordered"]
