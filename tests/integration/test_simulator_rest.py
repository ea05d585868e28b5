"""What all simulated APIs have in common: credentials, errors, content types."""

from collections.abc import Iterator

import httpx
import pytest

from service.simulator.rest.memory import BASE as MEMORY
from tests.simulated_twilio import V2, SimulatedTwilio, planned, simulated_twilio
from tests.twilio_callbacks import ACCOUNT, TOKEN


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatedTwilio]:
    """Run one simulation without callbacks for tests that leave no trace in one another."""
    with simulated_twilio(planned()) as twilio:
        yield twilio


@pytest.fixture
def http(running: SimulatedTwilio) -> httpx.Client:
    """Return a client that proves itself."""
    return running.http


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        (None, 401),
        ((ACCOUNT, "another token"), 401),
        (("AC0", TOKEN), 401),
        ((ACCOUNT, TOKEN), 200),
    ],
)
@pytest.mark.parametrize(
    "path", [f"{V2}/Conversations", f"{MEMORY}/ControlPlane/Stores", "/intelligence/v3/OperatorResults"]
)
def test_callers_prove_themselves(
    running: SimulatedTwilio, path: str, auth: tuple[str, str] | None, expected: int
) -> None:
    """A call without the account's credentials is answered 401 on each API."""
    actual = httpx.get(running.url + path, auth=auth, trust_env=False).status_code

    assert expected == actual


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", f"{V2}/Conversations/conv_conversation_none", {"code": 20404, "status": 404}),
        ("GET", f"{MEMORY}/ControlPlane/Stores/mem_store_none", {"code": 20404, "status": 404}),
        ("GET", f"/api/2010-04-01/Accounts/{ACCOUNT}/Messages/SM0.json", {"code": 20404, "status": 404}),
        ("DELETE", f"{V2}/Conversations", {"code": 20004, "status": 405}),
        ("GET", f"{V2}/Conversations?pageSize=0", {"code": 20001, "status": 400}),
        ("GET", f"{V2}/Conversations?pageSize=1001", {"code": 20001, "status": 400}),
        ("GET", f"{V2}/Conversations?pageToken=none", {"code": 20001, "status": 400}),
        ("GET", f"{V2}/Conversations?status=OPEN", {"code": 20001, "status": 400}),
        ("POST", f"{V2}/Conversations", {"code": 20001, "status": 400}),
        (
            "GET",
            "/intelligence/v3/OperatorResults/none",
            {"code": 20404, "httpStatusCode": 404, "userError": True, "params": {}},
        ),
    ],
)
def test_errors_have_twilios_shape(http: httpx.Client, method: str, path: str, expected: dict[str, object]) -> None:
    """An error has code, message, more_info and status; Intelligence has a body of its own."""
    answer = http.request(method, path)

    actual = {name: value for name, value in answer.json().items() if name in expected}

    assert expected == actual
    assert answer.status_code == expected.get("status", expected.get("httpStatusCode"))


def test_forms_are_refused(http: httpx.Client) -> None:
    """A form where JSON is expected is answered 415."""
    answer = http.post(f"{V2}/Conversations", data={"configurationId": "x"})

    assert (415, 20422) == (answer.status_code, answer.json()["code"])
