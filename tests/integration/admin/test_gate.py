"""Who gets in, what a stranger can find out, and what is written about it, on a real socket."""

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from service.settings import InvalidSettingsError
from service.store.client import connect
from service.store.secrets import WrongSecretKeyError
from service.web.admin import create
from tests.admin_house import TOKEN, AdminHouse, settings
from tests.eventually import eventually

PATHS = (
    "/", "/api", "/api/endpoints", "/api/endpoints/ep_1", "/api/events", "/api/events/evt_1", "/api/stats",
    "/api/conversations/conv_1", "/api/conversations/conv_1/close", "/api/jobs/close-1", "/api/nothing", "/livez/",
    "/metrics/x", "/%2e%2e/livez",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_a_stranger_cannot_tell_one_address_from_another(house: AdminHouse, path: str, method: str) -> None:
    """Without a token each address, whether it exists or not, and each method are answered alike."""
    answered = house.stranger.request(method, path)
    elsewhere = house.stranger.get("/api/elsewhere")

    assert (401, elsewhere.content) == (answered.status_code, answered.content)
    assert 'Bearer realm="conversation-events"' == answered.headers["www-authenticate"]
    assert "application/problem+json" == answered.headers["content-type"]


@pytest.mark.parametrize(
    "authorization",
    [
        "", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN.upper()}", TOKEN,
        f"Basic {TOKEN}", f"Bearer{TOKEN}", f"Bearer {TOKEN} {TOKEN}", "Bearer \u00e9",
    ],
)  # fmt: skip
def test_only_the_token_opens(house: AdminHouse, authorization: str) -> None:
    """Anything but the whole token under the scheme Bearer is refused."""
    answered = house.stranger.get("/api/endpoints", headers=[(b"Authorization", authorization.encode())])

    assert 401 == answered.status_code
    assert TOKEN not in answered.text


def test_two_authorizations_are_none(house: AdminHouse) -> None:
    """With two headers nobody knows which one counts, so neither does."""
    twice = [("Authorization", f"Bearer {TOKEN}"), ("Authorization", "Bearer other")]

    assert 401 == house.stranger.get("/api/endpoints", headers=twice).status_code


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(house: AdminHouse, scheme: str) -> None:
    """RFC 9110: schemes are compared without regard to case."""
    answered = house.stranger.get("/api/endpoints", headers={"Authorization": f"{scheme} {TOKEN}"})

    assert 200 == answered.status_code


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_health_and_metrics_need_no_token(house: AdminHouse, path: str) -> None:
    """Probes and scrapers hold no secrets."""
    assert 200 == house.stranger.get(path).status_code
    assert 200 == house.stranger.head(path).status_code


@pytest.mark.parametrize("path", ["/", "/api", "/api/endpoints/", "/api/nothing", "/api/events/evt_1/x"])
def test_an_address_that_is_not_there_is_404_with_the_token(house: AdminHouse, path: str) -> None:
    """Also with a slash too many: no redirect to a Host that the sender names."""
    answered = house.http.get(path)

    assert (404, "Not Found") == (answered.status_code, answered.json()["title"])


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/api/endpoints", "GET, HEAD, POST"),
        ("PUT", "/api/endpoints/ep_1", "DELETE, GET, HEAD, PATCH"),
        ("POST", "/api/events", "GET, HEAD"),
        ("GET", "/api/conversations/conv_1/close", "POST"),
        ("DELETE", "/api/stats", "GET, HEAD"),
        ("POST", "/livez", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(house: AdminHouse, method: str, path: str, allow: str) -> None:
    """405 carries Allow with every method of the address."""
    answered = house.http.request(method, path)

    assert (405, allow) == (answered.status_code, answered.headers["allow"])
    assert 405 == answered.json()["status"]


def test_unknown_parameters_are_refused_by_name(house: AdminHouse) -> None:
    """A filter that does not exist is not silently passed over."""
    answered = house.http.get("/api/endpoints?limit=5&colour=red")

    assert 400 == answered.status_code
    assert ["limit", "colour"] == [mistake.partition(":")[0] for mistake in answered.json()["mistakes"]]


def test_one_line_is_written_for_each_request(house: AdminHouse) -> None:
    """The line names method, template, status and time, and neither a query nor a token."""
    with capture_logs() as lines:
        house.http.get("/api/events/evt_unknown")
        house.http.get("/api/events?conversation_id=conv_1&type=message.received")
        house.stranger.get("/api/stats", headers={"Authorization": "Bearer a-wrong-token"})
        eventually(lambda: 3 == len(lines))

    seen = [(line["method"], line["route"], line["status"]) for line in lines]
    assert [("GET", "/api/events/{id}", 404), ("GET", "/api/events", 200), ("GET", None, 401)] == seen
    assert all({"admin.request"} == {line["event"]} and line["ms"] >= 0 for line in lines)
    assert not [word for word in (TOKEN, "a-wrong-token", "conv_1", "message") if word in str(lines)]


def test_the_application_refuses_to_be_made_without_its_secrets(redis_url: str) -> None:
    """An admin API without a token would be open to everybody."""
    bare = settings(redis_url).model_copy(update={"admin_token": None, "secret_key": SecretStr("")})

    with pytest.raises(InvalidSettingsError) as caught:
        create(bare, connect(redis_url))

    assert ["ADMIN_TOKEN", "SECRET_KEY"] == [mistake.partition(":")[0] for mistake in caught.value.mistakes]


@pytest.mark.anyio
async def test_another_secret_key_does_not_start(redis_url: str) -> None:
    """A process that could not open the stored secrets is refused by fingerprint before it serves."""
    first = create(settings(redis_url), connect(redis_url))
    async with first.router.lifespan_context(first):
        pass
    other = settings(redis_url).model_copy(update={"secret_key": SecretStr("another key")})
    second = create(other, connect(redis_url))

    with pytest.raises(WrongSecretKeyError):
        async with second.router.lifespan_context(second):
            pass


def test_a_body_is_not_read_for_a_stranger(house: AdminHouse) -> None:
    """A request without a token is refused whatever it carries."""
    answered = house.stranger.post("/api/endpoints", content=b"x" * 200_000)

    assert httpx.codes.UNAUTHORIZED == answered.status_code
