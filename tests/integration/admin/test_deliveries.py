"""Deliveries over HTTP: lists by state that miss nothing."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from service.attempt.answer import Answered
from service.endpoints.endpoint import Disabled, Endpoint
from service.store import delivery_rows, routed_rows
from tests.admin_house import AdminHouse
from tests.history import CONVERSATION, History, communication_created, conversation_updated
from workers.delivery.outcome import Dead, Delivered, Outcome, Retry

STATES = ("waiting", "retrying", "delivered", "dead", "skipped")
BY_HAND = Disabled("by_hand", 1)


def pages(house: AdminHouse, **query: str | int) -> list[list[dict[str, Any]]]:
    """Return the pages that a query leads through."""
    page = house.http.get("/api/deliveries", params=query).json()
    found = [page["deliveries"]]
    while page["next"] is not None:
        page = house.http.get("/api/deliveries", params={**query, "after": page["next"]}).json()
        found.append(page["deliveries"])
    return found


def listed(house: AdminHouse, **query: str | int) -> list[tuple[str, str, str]]:
    """Return event, endpoint and state of all deliveries that a query finds."""
    return [(row["event_id"], row["endpoint_id"], row["state"]) for page in pages(house, **query) for row in page]


def comes_to(history: History, endpoint: Endpoint, outcome: Outcome, count: int = 1) -> None:
    """Let so many deliveries that wait at an endpoint be attempted, and come to this."""
    status = 204 if isinstance(outcome, Delivered) else 410
    for claim in history.takes(endpoint, count):
        history.settles(claim, Answered(status), outcome)


def one_of_each(history: History, endpoint: Endpoint) -> dict[str, str]:
    """Bring an event into each state at an endpoint, and return their ids by state."""
    events = history.receives(*(communication_created(n) for n in range(3)), conversation_updated("ACTIVE"))
    history.routes()
    for outcome in (Delivered(), Dead("gone"), Retry(60, "status 410")):
        comes_to(history, endpoint, outcome)
    altered = history.alters(endpoint, disabled=BY_HAND)
    skipped = history.receives(communication_created(9))
    history.routes()
    history.alters(altered, disabled=None)
    return dict(zip(("delivered", "dead", "retrying", "waiting", "skipped"), events + skipped, strict=True))


def test_each_state_has_its_list(house: AdminHouse, history: History) -> None:
    """Of one endpoint, and of all; without a state, every delivery of the log, newest first."""
    endpoint = history.registers()
    events = one_of_each(history, endpoint)
    newest_first = ("skipped", "waiting", "retrying", "dead", "delivered")

    for at in ({}, {"endpoint_id": endpoint.id}):
        assert {state: [(events[state], endpoint.id, state)] for state in STATES} == {
            state: listed(house, state=state, **at) for state in STATES
        }
        assert [(events[state], endpoint.id, state) for state in newest_first] == listed(house, **at)


def test_a_row_tells_what_is_known_and_nothing_that_was_said(house: AdminHouse, history: History) -> None:
    """Type, conversation, sequence, reason, attempts, and when it goes on."""
    endpoint = history.registers()
    events = one_of_each(history, endpoint)
    rows = {state: pages(house, state=state, endpoint_id=endpoint.id)[0][0] for state in STATES}

    assert [("communication.created", CONVERSATION)] * 4 == [
        (rows[state]["type"], rows[state]["conversation_id"]) for state in ("delivered", "dead", "retrying", "skipped")
    ]
    assert ("conversation.updated", 4) == (rows["waiting"]["type"], rows["waiting"]["sequence"])
    assert {"waiting": 0, "retrying": 1, "delivered": 1, "dead": 1, "skipped": 0} == {
        state: row["attempts"] for state, row in rows.items()
    }
    assert ("gone", "the endpoint was disabled") == (rows["dead"]["reason"], rows["skipped"]["reason"])
    due = datetime.fromisoformat(rows["retrying"]["next_attempt_at"])
    assert 50 < (due - datetime.now(UTC)).total_seconds() < 61
    assert [None] * 4 == [row["next_attempt_at"] for state, row in rows.items() if state != "retrying"]
    assert "secret word" not in str(rows)
    assert events["dead"] == rows["dead"]["event_id"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 200])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("alone", [True, False])
def test_pages_miss_nothing(
    house: AdminHouse, history: History, monkeypatch: pytest.MonkeyPatch, limit: int, state: str, *, alone: bool
) -> None:
    """Whatever the size of the pages and of the looks, each delivery is on exactly one page, also within one ms."""
    monkeypatch.setattr(delivery_rows, "STEP", 2)
    monkeypatch.setattr(routed_rows, "EVENTS_AT_ONCE", 2)
    several = [history.registers(), history.registers(), history.registers()]
    if state == "skipped":
        several = [history.alters(one, disabled=BY_HAND) for one in several]
    events = history.receives(*(communication_created(n) for n in range(5)))
    history.routes()
    outcomes: dict[str, Outcome] = {"delivered": Delivered(), "dead": Dead("gone"), "retrying": Retry(60, "no")}
    for one in several:
        if state in outcomes:
            comes_to(history, one, outcomes[state], 5)
    at = {"endpoint_id": several[1].id} if alone else {}
    found = pages(house, state=state, limit=limit, **at)
    expected = {(event, one.id) for event in events for one in ([several[1]] if alone else several)}
    met = [(row["event_id"], row["endpoint_id"]) for page in found for row in page]

    assert (len(expected), expected) == (len(met), set(met))
    assert {state} == {row["state"] for page in found for row in page}
    assert all(len(page) == limit for page in found[:-1])


def test_dead_ones_come_by_their_death(house: AdminHouse, history: History) -> None:
    """The last to die is first, whatever the order of the events; `since` asks for the time of death."""
    endpoint = history.registers()
    first, second = history.receives(communication_created(1), communication_created(2))
    history.routes()
    early, late = history.takes(endpoint, 2)
    now = int(time.time() * 1000)
    history.settles(late, Answered(410), Dead("gone"), at_ms=now - 7_200_000)
    history.settles(early, Answered(410), Dead("gone"), at_ms=now)
    hour_ago = datetime.fromtimestamp(now / 1000 - 3600, UTC).isoformat()

    assert [first, second] == [event for event, _, _ in listed(house, state="dead")]
    assert [first] == [event for event, _, _ in listed(house, state="dead", since=hour_ago)]


@pytest.mark.parametrize("state", STATES)
def test_a_type_and_a_time_choose(house: AdminHouse, history: History, state: str) -> None:
    """A pattern of types, and nothing that was stored, or died, before a moment to come."""
    events = one_of_each(history, history.registers())
    wanted = "conversation.*" if state == "waiting" else "communication.created"
    other = "communication.*" if state == "waiting" else "conversation.updated"

    assert [events[state]] == [event for event, _, _ in listed(house, state=state, type=wanted)]
    assert [] == listed(house, state=state, type=other)
    assert [] == listed(house, state=state, since="2999-01-01T00:00:00Z")


def test_a_rare_state_does_not_end_a_page_early(
    house: AdminHouse, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One page looks through a bounded part of the log; beyond that, `next` goes on."""
    monkeypatch.setattr(delivery_rows, "STEP", 4)
    monkeypatch.setattr(delivery_rows, "MOST_SCANNED", 8)
    endpoint = history.registers()
    rare = history.receives(communication_created(0))
    history.routes()
    comes_to(history, endpoint, Delivered())
    history.receives(*(communication_created(n) for n in range(1, 21)))
    history.routes()
    found = pages(house, state="delivered", endpoint_id=endpoint.id)

    assert [0, 0, 1] == [len(page) for page in found]
    assert rare == [row["event_id"] for page in found for row in page]


def test_those_in_line_wait_too(house: AdminHouse, history: History) -> None:
    """At an endpoint that wants conversations in order: first what has its turn, then what stands behind it."""
    endpoint = history.alters(history.registers(), ordered=True)
    events = history.receives(*(communication_created(n) for n in range(4)))
    history.routes()

    assert events == [event for event, _, _ in listed(house, state="waiting", endpoint_id=endpoint.id, limit=1)]


def test_records_that_vanish_meanwhile_are_passed_over(house: AdminHouse, history: History) -> None:
    """A dead delivery whose record is gone is no row, and the others are."""
    endpoint = history.registers()
    gone, kept = history.receives(communication_created(1), communication_created(2))
    history.routes()
    comes_to(history, endpoint, Dead("gone"), 2)
    history.does(lambda redis: redis.hdel(history.keys.dead(endpoint.id), gone))

    assert [kept] == [event for event, _, _ in listed(house, state="dead")]


def test_what_a_removed_endpoint_did_not_get_was_skipped(house: AdminHouse, history: History) -> None:
    """It still shows in the list of the log; nothing is listed of the endpoint itself."""
    endpoint = history.registers()
    history.registers()
    history.receives(communication_created(1))
    history.routes()
    history.removes(endpoint)
    states = {row["endpoint_id"]: (row["state"], row["reason"]) for row in pages(house)[0]}

    assert ("skipped", "the endpoint was removed") == states[endpoint.id]
    assert 404 == house.http.get(f"/api/deliveries?endpoint_id={endpoint.id}").status_code


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=x", "after=1-0", "after=", "state=gone", "state=", "type=X", "since=2h", "since=",
        "limit=1&limit=2", "endpoint_id=a%3Ab", "colour=red",
    ],
)  # fmt: skip
def test_a_query_that_is_not_understood_is_refused(house: AdminHouse, query: str) -> None:
    """400 names the parameter."""
    answered = house.http.get(f"/api/deliveries?{query}")

    assert 400 == answered.status_code
    assert [query.partition("=")[0]] == [mistake.partition(":")[0] for mistake in answered.json()["mistakes"]]
