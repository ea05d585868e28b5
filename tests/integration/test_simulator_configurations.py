"""The simulated control plane: configurations and the operations that change them."""

from collections.abc import Iterator

import httpx
import pytest

from tests.simulated_twilio import V2, SimulatedTwilio, done, planned, simulated_twilio

CONTROL = f"{V2}/ControlPlane"
NEW = {
    "displayName": "support",
    "description": "All channels",
    "conversationGroupingType": "GROUP_BY_PROFILE",
    "memoryStoreId": "mem_store_1",
    "channelSettings": {"SMS": {"statusTimeouts": {"inactive": 10, "closed": 60}}, "VOICE": {"statusTimeouts": None}},
    "statusCallbacks": [{"url": "https://hooks.example.com/twilio/orchestrator", "method": "POST"}],
}
KEY = "0f3c1b1e-6a0f-4d7e-9a43-2b8f1c5d7e90"


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatedTwilio]:
    """Run one simulation without callbacks for tests that leave no trace in one another."""
    with simulated_twilio(planned()) as twilio:
        yield twilio


@pytest.fixture
def http(running: SimulatedTwilio) -> httpx.Client:
    """Return a client that proves itself."""
    return running.http


def test_a_configuration_is_made_changed_and_deleted(http: httpx.Client) -> None:
    """Each change is an operation: 202, PENDING, COMPLETED, and only then to be seen."""
    made = http.post(f"{CONTROL}/Configurations", json=NEW, headers={"Idempotency-Key": KEY})
    one = f"{CONTROL}/Configurations/{made.json()['related']['configurationId']}"
    early = http.get(one).status_code
    again = http.post(f"{CONTROL}/Configurations", json=NEW, headers={"Idempotency-Key": KEY})
    done(http, made)
    first = http.get(one).json()
    done(http, http.patch(one, json={"channelSettings": {"VOICE": None, "RCS": {}}}))
    second = http.get(one).json()
    done(http, http.delete(one))

    assert (404, 404) == (early, http.get(one).status_code)
    assert made.json() == again.json()
    assert NEW.items() <= {**first, "channelSettings": NEW["channelSettings"]}.items()
    assert (["SMS", "VOICE"], 1) == (list(first["channelSettings"]), first["version"])
    assert (["SMS", "RCS"], 2, "support") == (
        list(second["channelSettings"]),
        second["version"],
        second["displayName"],
    )


@pytest.mark.parametrize(
    "change",
    [
        {"displayName": "a" * 33},
        {"displayName": "a/b"},
        {"conversationGroupingType": "GROUP_BY_MOON"},
        {"memoryStoreId": None},
        {"channelSettings": {"SMS": {"statusTimeouts": {"inactive": 0}}}},
        {"channelSettings": {"SMS": {"statusTimeouts": {"inactive": 1.5}}}},
        {"statusCallbacks": [{"url": "https://a.example"}] * 3},
        {"intelligenceConfigurationIds": ["i"] * 6},
        {"conversationsV1Bridge": {"serviceId": "XX"}},
    ],
)
def test_limits_of_configurations_are_kept(http: httpx.Client, change: dict[str, object]) -> None:
    """What Twilio would not take is answered 400."""
    answer = http.post(f"{CONTROL}/Configurations", json={**NEW, **change})

    assert 400 == answer.status_code


def test_a_full_replacement_needs_all_of_it_and_keeps_the_grouping(
    http: httpx.Client, running: SimulatedTwilio
) -> None:
    """PUT without the channels is refused, and so is another grouping; a right one clears what it leaves out."""
    one = f"{CONTROL}/Configurations/{running.simulation.world.configurations.default}"
    whole = {**http.get(one).json(), "description": "replaced"}
    less = {name: value for name, value in whole.items() if name != "channelSettings"}
    other = {**whole, "conversationGroupingType": "GROUP_BY_PARTICIPANT_ADDRESSES"}

    actual = [http.put(one, json=body).status_code for body in (less, other, whole)]

    assert [400, 400, 202] == actual


def test_a_bridge_belongs_to_one_configuration(http: httpx.Client) -> None:
    """A second configuration for a classic service is answered 409, with the id of the first."""
    bridged = {**NEW, "conversationsV1Bridge": {"serviceId": f"IS{0:032}"}}
    made = http.post(f"{CONTROL}/Configurations", json=bridged)
    done(http, made)

    answer = http.post(f"{CONTROL}/Configurations", json=bridged)

    first = made.json()["related"]["configurationId"]
    assert (409, first) == (answer.status_code, answer.headers["x-conflicting-resource-id"])
