"""The event log over HTTP: pages that miss nothing, and an event's whole way."""

import time
from typing import Any

import msgspec
import pytest

from service.attempt.answer import Answered, Failed
from service.events.envelope import envelope
from service.rules.parsing import parse
from service.store import events, search
from tests.admin_house import AdminHouse
from tests.history import CONVERSATION, History, communication_created, conversation_updated
from workers.delivery.outcome import Dead, Delivered, Retry

OTHER = "conv_conversation_other"
CLOSE_RULE = '[[close]]\nwhen = "conversation.inactivated"'


def page_through(house: AdminHouse, **query: str | int) -> list[list[dict[str, Any]]]:
    """Return the pages that a query leads through."""
    page = house.http.get("/api/events", params=query).json()
    pages = [page["events"]]
    while page["next"] is not None:
        page = house.http.get("/api/events", params={**query, "after": page["next"]}).json()
        pages.append(page["events"])
    return pages


def test_an_event_looks_as_its_subscribers_get_it(house: AdminHouse, history: History) -> None:
    """The same members in the same form, data included."""
    (event_id,) = history.receives(conversation_updated("ACTIVE"))
    stored = history.does(lambda redis: events.fetch(redis, history.keys, event_id))
    assert stored
    sent = msgspec.json.decode(envelope(stored))

    assert {"events": [sent], "next": None} == house.http.get("/api/events").json()
    assert sent == house.http.get(f"/api/events/{event_id}").json()["event"]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 200])
def test_pages_are_newest_first_and_miss_nothing(house: AdminHouse, history: History, limit: int) -> None:
    """Whatever the size of the pages, each event is on exactly one, and the last page is not empty."""
    stored = history.receives(*(communication_created(n) for n in range(7)))
    pages = page_through(house, limit=limit)

    assert stored[::-1] == [event["id"] for page in pages for event in page]
    assert [limit] * (len(pages) - 1) == [len(page) for page in pages[:-1]]
    assert pages[-1]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("conversation.inactivated", ["conversation.inactivated"]),
        ("conversation.*", ["conversation.closed", "conversation.inactivated", "conversation.updated"]),
        ("communication.created", ["communication.created"] * 3),
        ("conversation.closed", ["conversation.closed"]),
        ("conversation.reactivated", []),
    ],
)  # fmt: skip
def test_a_filter_finds_its_types(house: AdminHouse, history: History, wanted: str, found: list[str]) -> None:
    """Exact names and patterns, as endpoints have them."""
    history.receives(
        conversation_updated("ACTIVE", 0),
        conversation_updated("INACTIVE", 1),
        *(communication_created(n) for n in range(3)),
        conversation_updated("CLOSED", 2),
    )

    assert [found] == [[e["type"] for e in page] for page in page_through(house, type=wanted)]


def test_a_rare_type_does_not_end_a_page_early(
    house: AdminHouse, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page is filled from as much of the log as it may look through; beyond that, `next` goes on."""
    monkeypatch.setattr(search, "SCAN", 4)
    monkeypatch.setattr(search, "MOST_SCANNED", 12)
    rare = history.receives(conversation_updated("ACTIVE", 0), conversation_updated("INACTIVE", 1))
    history.receives(*(communication_created(n) for n in range(30)))
    rare += history.receives(conversation_updated("ACTIVE", 2), conversation_updated("CLOSED", 3))
    pages = page_through(house, type="conversation.*", limit=3)

    assert rare[::-1] == [event["id"] for page in pages for event in page]
    # The first page looked at 12 entries, and so did each of the empty ones.
    assert [2, 0, 2] == [len(page) for page in pages]


def test_a_conversation_has_its_own_events(house: AdminHouse, history: History) -> None:
    """Newest first, in pages, with a type filter too."""
    mine = history.receives(*(communication_created(n) for n in range(5)))
    history.receives(*(communication_created(n, OTHER) for n in range(5, 9)), conversation_updated("ACTIVE"))
    pages = page_through(house, conversation_id=CONVERSATION, type="communication.*", limit=2)

    assert mine[::-1] == [event["id"] for page in pages for event in page]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=201", "limit=-1", "limit=ten", "limit=%D9%A1", "limit=", "after=now", "after=1", "after=1-",
        "after=99999999999999999999-0", "type=Conversation", "type=conversation*", "type=", "conversation_id=a%3Ab",
        "conversation_id=", "limit=1&limit=2", "since=1",
    ],
)  # fmt: skip
def test_a_query_that_is_not_understood_is_refused(house: AdminHouse, query: str) -> None:
    """400 names the parameter."""
    answered = house.http.get(f"/api/events?{query}")

    assert 400 == answered.status_code
    assert [query.partition("=")[0]] == [mistake.partition(":")[0] for mistake in answered.json()["mistakes"]]


def test_an_event_is_explained_from_attempt_to_attempt(house: AdminHouse, history: History) -> None:
    """Each endpoint's attempts in their order, with status or error, and the state that they led to."""
    good, bad, gone = history.registers(), history.registers(), history.registers("communication.*")
    (event_id,) = history.receives(communication_created(1))
    history.routes()
    began = int(time.time() * 1000) - 60_000
    history.settles(history.takes(good)[0], Answered(204), Delivered())
    history.settles(history.takes(bad)[0], Failed("timeout"), Retry(0, "timeout"), at_ms=began, ms=15_000)
    history.moves_due()
    history.settles(history.takes(bad)[0], Answered(410), Dead("gone"))
    history.removes(gone)
    told = house.http.get(f"/api/events/{event_id}").json()
    deliveries = {one["endpoint_id"]: one for one in told["deliveries"]}

    assert {good.id, bad.id, gone.id} == deliveries.keys()
    assert ("delivered", None, [(204, 12, None)]) == _told(deliveries[good.id])
    assert ("dead", "gone", [(None, 15_000, "timeout"), (410, 12, None)]) == _told(deliveries[bad.id])
    assert ("skipped", "the endpoint was removed", []) == _told(deliveries[gone.id])
    assert (True, []) == (told["routed"], told["jobs"])


def _told(delivery: dict[str, Any]) -> tuple[str, str | None, list[tuple[int | None, int, str | None]]]:
    attempts = [(a["status"], a["ms"], a["error"]) for a in delivery["attempts"]]
    return delivery["state"], delivery["reason"], attempts


def test_an_event_that_waits_says_so(house: AdminHouse, history: History) -> None:
    """Before its routing there are no deliveries; after it each that waits, or is to be tried again."""
    slow, failing = history.registers(), history.registers()
    (event_id,) = history.receives(communication_created(1))
    before = house.http.get(f"/api/events/{event_id}").json()
    history.routes()
    history.settles(history.takes(failing)[0], Answered(503), Retry(60, "status 503"))
    after = house.http.get(f"/api/events/{event_id}").json()

    assert (False, []) == (before["routed"], before["deliveries"])
    assert {slow.id: "waiting", failing.id: "retrying"} == {d["endpoint_id"]: d["state"] for d in after["deliveries"]}


def test_an_event_names_the_job_that_it_asked_for(house: AdminHouse, history: History) -> None:
    """Also while no worker has taken it up."""
    event_id = history.receives(conversation_updated("ACTIVE", 0), conversation_updated("INACTIVE", 1))[1]
    history.routes(parse(CLOSE_RULE))
    (job,) = house.http.get(f"/api/events/{event_id}").json()["jobs"]

    assert (f"close-{event_id}", "intended", CONVERSATION, event_id, "conversation.inactivated") == (
        job["id"], job["state"], job["conversation_id"], job["event_id"], job["rule"],
    )  # fmt: skip
    assert job == house.http.get(f"/api/jobs/{job['id']}").json()


@pytest.mark.parametrize("event_id", ["evt_unknown", "evt_x:deliveries", "%2e%2e", "x" * 300])
def test_an_event_that_is_not_there_is_404(house: AdminHouse, history: History, event_id: str) -> None:
    """Also one whose name would spell another key of ours."""
    history.receives(communication_created(1))

    assert 404 == house.http.get(f"/api/events/{event_id}").status_code
