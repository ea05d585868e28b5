"""The simulated Conversations v2: conversations, participants, communications."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.simulated_twilio import V2, SimulatedTwilio, begin, done, planned, simulated_twilio


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatedTwilio]:
    """Run one simulation without callbacks for tests that leave no trace in one another."""
    with simulated_twilio(planned()) as twilio:
        yield twilio


@pytest.fixture
def http(running: SimulatedTwilio) -> httpx.Client:
    """Return a client that proves itself."""
    return running.http


@pytest.fixture
def begun(running: SimulatedTwilio) -> dict[str, Any]:
    """Return an open conversation of a customer of its own."""
    return begin(running)


def test_a_conversation_is_closed_once_and_for_all(http: httpx.Client, begun: dict[str, Any]) -> None:
    """PATCH closes; closing again changes nothing, reopening is refused, and so is anything said."""
    one = f"{V2}/Conversations/{begun['id']}"
    said = {
        "author": {"address": "+1", "channel": "SMS"},
        "content": {"type": "TEXT", "text": "Hi"},
        "recipients": [{"address": "+2", "channel": "SMS"}],
    }

    closed = http.patch(one, json={"status": "CLOSED"}).json()
    again = http.patch(one, json={"status": "CLOSED"})
    reopened = http.patch(one, json={"status": "ACTIVE"})
    spoken = http.post(f"{one}/Communications", json=said)

    assert ("CLOSED", 200, 409, 409) == (closed["status"], again.status_code, reopened.status_code, spoken.status_code)
    assert closed["updatedAt"] == http.get(one).json()["updatedAt"]


@pytest.mark.parametrize("status", [400, 409])
def test_the_answer_to_a_second_closing_can_be_chosen(status: int) -> None:
    """Twilio does not say what it answers when a closed conversation is closed, so both sides can be tried."""
    with simulated_twilio(planned()) as twilio:
        one = f"{V2}/Conversations/{begin(twilio)['id']}"
        twilio.http.post("/_control", json={"alreadyClosed": status})

        actual = [twilio.http.patch(one, json={"status": "CLOSED"}).status_code for _ in range(2)]

    assert [200, status] == actual


def test_metadata_is_merged_by_patch_and_replaced_by_put(http: httpx.Client, begun: dict[str, Any]) -> None:
    """PATCH keeps what it does not name and removes what is null; PUT clears what it leaves out."""
    one = f"{V2}/Conversations/{begun['id']}"
    http.patch(one, json={"name": "A", "metadata": {"a": "1", "b": "2"}})
    merged = http.patch(one, json={"metadata": {"a": None, "c": "3"}}).json()
    too_many = http.patch(one, json={"metadata": {str(number): "x" for number in range(9)}}).status_code
    replaced = http.put(one, json={"status": "ACTIVE"}).json()

    assert ({"b": "2", "c": "3"}, "A", 400) == (merged["metadata"], merged["name"], too_many)
    assert ({}, None) == (replaced["metadata"], replaced["name"])


def test_the_same_participants_cannot_have_two_open_conversations(running: SimulatedTwilio) -> None:
    """Creating one where there is one is answered 409 with its id; after it is closed, 201."""
    first = begin(running, "+12035550155")
    body = {"configurationId": first["configurationId"], "participants": _of("+12035550155")}
    refused = running.http.post(f"{V2}/Conversations", json=body)
    running.http.patch(f"{V2}/Conversations/{first['id']}", json={"status": "CLOSED"})

    second = running.http.post(f"{V2}/Conversations", json=body)

    assert (409, first["id"]) == (refused.status_code, refused.headers["x-conflicting-resource-id"])
    assert 201 == second.status_code


def _of(address: str) -> list[dict[str, object]]:
    return [{"type": "CUSTOMER", "addresses": [{"channel": "SMS", "address": address}]}]


def test_pages_show_each_item_once(running: SimulatedTwilio) -> None:
    """A list with status repeated goes page by page until its token is null; what closes meanwhile hides nothing."""
    made = [begin(running)["id"] for _ in range(5)]
    running.http.patch(f"{V2}/Conversations/{made[0]}", json={"status": "CLOSED"})
    running.http.patch(f"{V2}/Conversations/{made[1]}", json={"status": "INACTIVE"})
    seen: list[str] = []
    query: dict[str, Any] = {"status": ["ACTIVE", "INACTIVE"], "pageSize": 2}
    while True:
        page = running.http.get(f"{V2}/Conversations", params=query).json()
        seen += [each["id"] for each in page["conversations"]]
        # Were tokens offsets, this would move the next page's first item onto this one.
        running.http.patch(f"{V2}/Conversations/{seen[0]}", json={"status": "CLOSED"})
        if page["meta"]["nextToken"] is None:
            break
        query["pageToken"] = page["meta"]["nextToken"]

    assert made[1:] == [each for each in seen if each in made]
    assert len(seen) == len(set(seen))


def test_participants_join_and_are_replaced(http: httpx.Client, begun: dict[str, Any]) -> None:
    """An address belongs to one participant; PUT clears what it leaves out."""
    people = f"{V2}/Conversations/{begun['id']}/Participants"
    [customer] = http.get(people).json()["participants"]
    agent = {"name": "Agent", "type": "HUMAN_AGENT", "addresses": [{"channel": "SMS", "address": "+12025550188"}]}

    joined = http.post(people, json=agent)
    taken = http.post(people, json={"addresses": customer["addresses"]})
    nowhere = http.post(people, json={"addresses": []})
    replaced = http.put(f"{people}/{joined.json()['id']}", json={"addresses": agent["addresses"]}).json()

    assert (201, 409, 400) == (joined.status_code, taken.status_code, nowhere.status_code)
    assert customer["id"] == taken.headers["x-conflicting-resource-id"]
    assert ("+12025550188", False) == (replaced["name"], "type" in replaced)
    assert replaced == http.get(f"{people}/{replaced['id']}").json()


def test_a_communication_with_a_known_resource_is_changed(http: httpx.Client, begun: dict[str, Any]) -> None:
    """A second communication with the same `resourceId` changes the first; lists can be asked for one channel id."""
    path = f"{V2}/Conversations/{begun['id']}/Communications"
    body = {
        "author": {"address": "+12025550188", "channel": "SMS"},
        "content": {"type": "TEXT", "text": "Hello"},
        "recipients": [{"address": "+12035550100", "channel": "SMS"}],
        "channelId": "SM1",
        "resourceId": "SM1",
    }
    first = http.post(path, json=body).json()
    again = http.post(path, json={**body, "content": {"type": "TEXT", "text": "Hello!"}}).json()
    http.post(path, json={**body, "channelId": "SM2", "resourceId": "SM2"})

    listed = http.get(path, params={"channelId": "SM1"}).json()["communications"]
    found = http.get(f"{V2}/Conversations", params={"channelId": "SM1"}).json()["conversations"]

    assert (first["id"], "Hello!", [again]) == (again["id"], again["content"]["text"], listed)
    assert [begun["id"]] == [each["id"] for each in found]
    assert again == http.get(f"{path}/{first['id']}").json()


def test_a_deleted_conversation_is_gone_when_its_operation_is_done(http: httpx.Client, begun: dict[str, Any]) -> None:
    """DELETE is answered 202 with an operation that names the conversation."""
    one = f"{V2}/Conversations/{begun['id']}"

    found = done(http, http.delete(one))

    assert ({"conversationId": begun["id"]}, 404) == (found["related"], http.get(one).status_code)
