"""An event's way over HTTP: where it was routed and why, and what comes next."""

import time
from typing import Any

import pytest

from service.attempt.answer import Answered
from service.endpoints.endpoint import Disabled
from service.events.times import from_milliseconds
from service.store.retry import retry
from tests.admin_house import AdminHouse
from tests.history import CONVERSATION, History, communication_created
from tests.inbound_traffic import PAIR, reported, said, sid
from workers.delivery.outcome import Dead, Retry

CALL = sid("CA")


def explained(house: AdminHouse, event_id: str) -> dict[str, Any]:
    """Return what is told of an event."""
    told: dict[str, Any] = house.http.get(f"/api/events/{event_id}").json()
    return told


def test_routing_is_explained(house: AdminHouse, history: History) -> None:
    """Which filter matched, who was disabled, and whom it was not for."""
    named, everything, other = (
        history.registers("x.y", "communication.*"),
        history.registers(),
        history.registers("x.y"),
    )
    disabled = history.alters(history.registers("communication.created"), disabled=Disabled("by_hand", 1))
    (event_id,) = history.receives(communication_created(1))
    history.routes()
    later = history.registers("x.y")
    told = explained(house, event_id)
    deliveries = {d["endpoint_id"]: (d["state"], d["filter"], d["reason"]) for d in told["deliveries"]}

    assert {
        named.id: ("waiting", "communication.*", None),
        everything.id: ("waiting", "*", None),
        disabled.id: ("skipped", "communication.created", "the endpoint was disabled"),
    } == deliveries
    assert [{"endpoint_id": other.id, "reason": "none of its types match"}] == told["unmatched"]
    assert later.id not in str(told)
    assert told["received_at"] is not None


@pytest.mark.parametrize(("name", "by"), [(CALL, "sid"), (PAIR, "addresses"), (sid("CA", 2), None)])
def test_how_an_event_found_its_conversation_is_explained(
    house: AdminHouse, history: History, name: str, by: str | None
) -> None:
    """By a SID, by its addresses, or not at all; the conversation is told as for any event."""
    _, found = history.receives(said("1", CONVERSATION, CALL, PAIR), reported("2", name))
    told = explained(house, found)

    assert (by, CONVERSATION if by else None) == (told["correlated_by"], told["event"]["conversation_id"])
    assert (2 if by else None) == told["event"]["sequence"]


def test_words_that_come_from_the_other_source_are_explained(house: AdminHouse, history: History) -> None:
    """The endpoint has them already, and that is why this delivery was skipped."""
    endpoint, other = history.registers(), history.registers("x.y")
    history.receives(said("1", CONVERSATION, CALL, words="captured"))
    words = reported("2", CALL, kind="transcription.content", source="transcription", words="transcribed")
    (event_id,) = history.receives(words)
    history.routes()
    told = explained(house, event_id)

    assert [(endpoint.id, "skipped", "*")] == [(d["endpoint_id"], d["state"], d["filter"]) for d in told["deliveries"]]
    assert "it gets the same words from the call's other source" in told["deliveries"][0]["reason"]
    assert [other.id] == [one["endpoint_id"] for one in told["unmatched"]]


def test_what_comes_next_is_explained(house: AdminHouse, history: History) -> None:
    """When a retry is due, what a paused endpoint waits for, and who goes first where order is kept."""
    failing, paused = history.registers(), history.registers()
    ordered = history.alters(history.registers(), ordered=True)
    first, second = history.receives(communication_created(1), communication_created(2))
    history.routes()
    history.settles(history.takes(failing)[0], Answered(503), Retry(60, "status 503"))
    probe = int(time.time() * 1000) + 20_000
    history.does(lambda redis: redis.zadd(history.keys.paused, {paused.id: probe}))
    told = {d["endpoint_id"]: d for d in explained(house, first)["deliveries"]}
    behind = {d["endpoint_id"]: d for d in explained(house, second)["deliveries"]}

    assert told[failing.id]["attempts"][-1]["next"] == told[failing.id]["next_attempt_at"]
    assert (from_milliseconds(probe), "the paused endpoint to answer a probe") == (
        told[paused.id]["next_attempt_at"], told[paused.id]["waits_for"],
    )  # fmt: skip
    assert "a free slot at the endpoint" == told[ordered.id]["waits_for"]
    assert "its turn: sequence 1 of its conversation goes first" == behind[ordered.id]["waits_for"]


def test_a_dead_deliverys_copy_explains_what_the_log_has_lost(house: AdminHouse, history: History) -> None:
    """The event looks as ever, and its attempts are told."""
    endpoint = history.registers()
    (event_id,) = history.receives(communication_created(1))
    history.routes()
    history.settles(history.takes(endpoint)[0], Answered(410, body="go away"), Dead("gone"))
    before = explained(house, event_id)
    history.does(lambda redis: redis.xtrim(history.keys.events, maxlen=0))
    after = explained(house, event_id)

    assert (before["event"], before["deliveries"]) == (after["event"], after["deliveries"])
    assert ("dead", "go away") == (after["deliveries"][0]["state"], after["deliveries"][0]["answer"])


def test_what_a_replay_brought_is_said(house: AdminHouse, history: History) -> None:
    """An endpoint that is younger than the event has it by no filter."""
    (event_id,) = history.receives(communication_created(1))
    history.routes()
    young = history.registers()
    history.does(lambda redis: retry(redis, history.keys, young.id, event_id))

    assert [(young.id, "waiting", None)] == [
        (d["endpoint_id"], d["state"], d["filter"]) for d in explained(house, event_id)["deliveries"]
    ]
