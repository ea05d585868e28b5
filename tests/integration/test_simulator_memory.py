"""The simulated Memory: profiles that merge, observations that show up late, and limits."""

import gzip
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from service.simulator.rest.memory import BASE as MEMORY
from tests.eventually import eventually
from tests.simulated_twilio import SimulatedTwilio, done, planned, simulated_twilio


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatedTwilio]:
    """Run one simulation without callbacks for tests that leave no trace in one another."""
    with simulated_twilio(planned()) as twilio:
        yield twilio


@pytest.fixture
def http(running: SimulatedTwilio) -> httpx.Client:
    """Return a client that proves itself."""
    return running.http


def profiled(twilio: SimulatedTwilio, phone: str) -> str:
    """Return the path of a new profile with this phone number."""
    store = twilio.simulation.world.memory.default
    body = {"traits": {"Contact": {"phone": phone}}}
    made = twilio.http.post(f"{MEMORY}/Stores/{store}/Profiles", json=body)
    assert 202 == made.status_code
    return f"{MEMORY}/Stores/{store}/Profiles/{made.json()['id']}"


def observed(text: str, source: str = "tests") -> dict[str, object]:
    """Return the body of a POST of one observation."""
    return {"observations": [{"content": text, "source": source, "occurredAt": "2026-11-20T14:03:09Z"}]}


@pytest.mark.parametrize("spelled", ["+12035550111", "+1 (203) 555-0111", "whatsapp:+12035550111"])
def test_profiles_are_looked_up_by_phone(running: SimulatedTwilio, spelled: str) -> None:
    """A number is found however it is spelled; an unknown one is nobody's."""
    name = profiled(running, "+12035550111").rpartition("/")[2]
    path = f"{MEMORY}/Stores/{running.simulation.world.memory.default}/Profiles/Lookup"

    found = running.http.post(path, json={"idType": "phone", "value": spelled}).json()
    nobody = running.http.post(path, json={"idType": "phone", "value": "+19995550100"}).json()

    assert {"normalizedValue": "+12035550111", "profiles": [name]} == found
    assert [] == nobody["profiles"]


def test_observations_show_up_late() -> None:
    """An observation is taken at once, counted in the truth at once, and listed only later."""
    with simulated_twilio(planned(visible_after=120.0)) as twilio:
        path = profiled(twilio, "+12035550112")
        taken = twilio.http.post(f"{path}/Observations", json=observed("Prefers mornings."))
        early = twilio.http.get(f"{path}/Observations").json()["observations"]
        true = [each["content"] for each in twilio.state()["observations"]]

        late = eventually(lambda: twilio.http.get(f"{path}/Observations").json()["observations"])

    assert (202, [], ["Prefers mornings."]) == (taken.status_code, early, true)
    assert ["Prefers mornings."] == [each["content"] for each in late]


def test_observations_are_listed_by_source_and_time() -> None:
    """A list can be narrowed by source and by time, and has pages, the newest first unless asked otherwise."""
    with simulated_twilio(planned(visible_after=0.0)) as twilio:
        path = f"{profiled(twilio, '+12035550113')}/Observations"
        for number in range(5):
            twilio.http.post(path, json=observed(str(number), "odd" if number % 2 else "even"))
        whole = [each["createdAt"] for each in _all(twilio.http, path, pageSize=2, orderBy="ASC")]
        odd = [each["content"] for each in _all(twilio.http, path, source="odd", orderBy="ASC")]
        middle = _all(twilio.http, path, createdAfter=whole[0], createdBefore=whole[4])
        strictly = [each for each in whole if whole[0] < each < whole[4]]
        newest_first = [each["createdAt"] for each in _all(twilio.http, path, pageSize=2)]

    assert (5, ["1", "3"], len(strictly)) == (len(whole), sorted(odd), len(middle))
    assert newest_first == sorted(whole, reverse=True)


def _all(http: httpx.Client, path: str, **query: str | int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = http.get(path, params=query).json()
        found += page["observations"]
        if page["meta"]["nextToken"] is None:
            return found
        query["pageToken"] = page["meta"]["nextToken"]


@pytest.mark.parametrize(
    "body",
    [
        {"observations": []},
        {"observations": [observed("x")["observations"][0]] * 11},  # type: ignore[index]
        observed("x" * 4097),
        observed(""),
        observed("x", "a:b"),
        observed("x", "a" * 101),
        {"observations": [{"content": "x", "source": "tests", "occurredAt": "yesterday"}]},
        {"observations": [{"content": "x", "source": "tests"}]},
        {
            "observations": [
                {"content": "x", "source": "t", "occurredAt": "2026-11-20T14:03:09Z", "conversationIds": ["c"]}
            ]
        },
        {**observed("x"), "more": 1},
        {"content": "x", "source": "tests", "occurredAt": "2026-11-20T14:03:09Z"},
    ],
)
def test_limits_of_observations_are_kept(running: SimulatedTwilio, body: dict[str, object]) -> None:
    """What is too much, too long or of the wrong form is answered 400, and nothing of it is kept."""
    answer = running.http.post(f"{profiled(running, '+12035550114')}/Observations", json=body)

    assert (400, 0) == (answer.status_code, running.state()["counts"]["observations"]["posted"])


def test_a_body_may_be_compressed() -> None:
    """Memory takes gzip."""
    with simulated_twilio(planned()) as twilio:
        path = f"{profiled(twilio, '+12035550115')}/Observations"
        raw = gzip.compress(httpx.Request("POST", twilio.url, json=observed("packed")).content)
        headers = {"content-type": "application/json", "content-encoding": "gzip"}

        answer = twilio.http.post(path, content=raw, headers=headers)
        true = [each["content"] for each in twilio.state()["observations"]]

    assert (202, ["packed"]) == (answer.status_code, true)


def test_a_merged_profile_sends_callers_on(running: SimulatedTwilio) -> None:
    """Calls to a profile that was merged are answered 308 with the canonical id, and the same path beneath it."""
    path = profiled(running, "+12035550116")
    other = running.http.post("/_control/merge", json={"profileId": path.rpartition("/")[2]}).json()["profileId"]

    answer = running.http.post(f"{path}/Observations", json=observed("x"))

    assert (308, other) == (answer.status_code, answer.headers["canonical-profile-id"])
    assert f"{running.url}{path.rpartition('/')[0]}/{other}/Observations" == answer.headers["location"]


def test_an_account_has_fifteen_stores_at_most() -> None:
    """The sixteenth store is refused with Memory's own code; one that is made becomes active."""
    with simulated_twilio(planned()) as twilio:
        stores = f"{MEMORY}/ControlPlane/Stores"
        made = [twilio.http.post(stores, json={"displayName": f"store-{number}"}) for number in range(15)]
        for each in made[:14]:
            done(twilio.http, each)
        listed = twilio.http.get(stores).json()["stores"]
        states = [twilio.http.get(f"{stores}/{name}").json()["status"] for name in listed]

    assert ([202] * 14 + [400], 520044) == ([each.status_code for each in made], made[-1].json()["code"])
    assert (15, {"ACTIVE"}) == (len(listed), set(states))
