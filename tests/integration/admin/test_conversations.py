"""Conversations and jobs over HTTP: what is known, and asking for a close."""

from collections.abc import Iterator
from typing import Any

import pytest

from service.store.job_ledger import JobLedger, JobTimes
from service.store.keys import Keys
from tests.admin_house import AdminHouse
from tests.history import CONVERSATION, RETENTION, History, communication_created, conversation_updated
from workers.jobs.connections import connect

CLOSE = f"/api/conversations/{CONVERSATION}/close"


@pytest.fixture
def workers(redis_url: str, keys: Keys) -> Iterator[JobLedger]:
    """The ledger as workers write it, with one of them alive."""
    with connect(redis_url) as redis:
        ledger = JobLedger(redis, keys, JobTimes(), RETENTION)
        ledger.beat("w0")
        yield ledger


def test_a_conversation_shows_its_state_and_its_events(house: AdminHouse, history: History) -> None:
    """Status, sequence and the newest events by name; their content is elsewhere."""
    ids = history.receives(
        conversation_updated("ACTIVE", 0), communication_created(1), conversation_updated("INACTIVE", 2)
    )
    shown = house.http.get(f"/api/conversations/{CONVERSATION}").json()

    assert (CONVERSATION, "INACTIVE", 3, None, None) == (
        shown["id"], shown["status"], shown["sequence"], shown["close_job_id"], shown["next"],
    )  # fmt: skip
    assert [
        (ids[2], "conversation.inactivated", 3),
        (ids[1], "communication.created", 2),
        (ids[0], "conversation.updated", 1),
    ] == [(event["id"], event["type"], event["sequence"]) for event in shown["events"]]
    assert "secret word" not in str(shown)


@pytest.mark.parametrize("conversation", ["conv_unknown", f"{CONVERSATION}:events", "x" * 300])
def test_a_conversation_that_is_not_known_is_404(house: AdminHouse, history: History, conversation: str) -> None:
    """Also one whose name would spell another key of ours."""
    history.receives(conversation_updated("ACTIVE"))

    assert 404 == house.http.get(f"/api/conversations/{conversation}").status_code


def test_a_second_request_joins_the_first(house: AdminHouse, history: History) -> None:
    """202 with the same job while one is under way; the conversation and the job say so too."""
    history.receives(conversation_updated("ACTIVE"))
    first = house.http.post(CLOSE, json={"reason": "asked for by phone"})
    second = house.http.post(CLOSE)
    job = house.http.get(first.headers["location"]).json()

    assert (202, first.json()) == (first.status_code, second.json())
    assert first.json() == {"job_id": job["id"]}
    assert ("close", "waiting", CONVERSATION, "asked for by phone", None) == (
        job["kind"], job["state"], job["conversation_id"], job["reason"], job["event_id"],
    )  # fmt: skip
    shown = house.http.get(f"/api/conversations/{CONVERSATION}").json()
    assert (job["id"], [job]) == (shown["close_job_id"], shown["jobs"])


def test_a_job_is_followed_to_its_end(house: AdminHouse, workers: JobLedger) -> None:
    """A retry shows its error and when it is due, the end its outcome; then a new request makes a new job."""
    job_id = house.http.post(CLOSE).json()["job_id"]
    (claim,) = workers.claim().claims
    running = workers.start(claim.job_id, claim.dispatch, "w0")
    assert running
    workers.record(running, "retry", "status 503", 0.0)
    retried = house.http.get(f"/api/jobs/{job_id}").json()
    (claim,) = workers.claim().claims
    running = workers.start(claim.job_id, claim.dispatch, "w0")
    assert running
    workers.record(running, "done", "closed")
    ended = house.http.get(f"/api/jobs/{job_id}").json()

    assert ("waiting", "status 503", 1, 1) == _state(retried)
    assert retried["due_at"] is not None
    assert ("done", "status 503", 2, 1) == _state(ended)
    assert ("closed", None) == (ended["outcome"], ended["due_at"])
    assert job_id != house.http.post(CLOSE).json()["job_id"]


def _state(job: dict[str, Any]) -> tuple[str, str, int, int]:
    return job["state"], job["last_error"], job["attempts"], job["failures"]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"reason":5}', "reason"),
        (b'{"reason":null}', "reason"),
        (b'{"reason":"two\\nlines"}', "reason"),
        (b'{"reason":"' + b"x" * 257 + b'"}', "reason"),
        (b'{"cause":"x"}', "cause"),
        (b"[]", "body"),
    ],
)
def test_a_wrong_request_closes_nothing(house: AdminHouse, body: bytes, name: str) -> None:
    """422 names what is wrong, and no job is made."""
    answered = house.http.post(CLOSE, content=body, headers={"Content-Type": "application/json"})

    assert 422 == answered.status_code
    assert [name] == [mistake.partition(":")[0] for mistake in answered.json()["mistakes"]]
    assert 0 == house.http.get("/api/stats").json()["jobs"]["waiting"]


@pytest.mark.parametrize(("body", "content_type", "status"), [(b"{", "application/json", 400), (b"{}", "", 415)])
def test_a_body_that_is_not_json_closes_nothing(house: AdminHouse, body: bytes, content_type: str, status: int) -> None:
    """A body may be left out; one that is there is read."""
    assert status == house.http.post(CLOSE, content=body, headers={"Content-Type": content_type}).status_code


@pytest.mark.parametrize("conversation", ["%2e%2e", "a%20b", "conv_1%3Aevents", "x" * 300])
def test_what_cannot_be_an_id_is_not_closed(house: AdminHouse, conversation: str) -> None:
    """An id goes into the address of a call to Twilio."""
    assert 404 == house.http.post(f"/api/conversations/{conversation}/close").status_code


@pytest.mark.parametrize("job_id", ["close-unknown", "x:y", "x" * 300])
def test_a_job_that_is_not_known_is_404(house: AdminHouse, job_id: str) -> None:
    """As with everything else."""
    assert 404 == house.http.get(f"/api/jobs/{job_id}").status_code
