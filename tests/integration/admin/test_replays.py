"""Replays over HTTP: counted, asked for, followed."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from service.endpoints.endpoint import Disabled
from service.events.times import from_milliseconds
from service.store.job_ledger import JobLedger, JobTimes
from tests.admin_house import AdminHouse
from tests.history import RETENTION, History, conversation_updated
from tests.replay_steps import Replays
from workers.jobs.connections import connect
from workers.jobs.replay import replay


@pytest.fixture
def workers(history: History) -> Iterator[JobLedger]:
    """The ledger as workers write it, with one of them alive."""
    with connect(history.url) as redis:
        ledger = JobLedger(redis, history.keys, JobTimes(), RETENTION)
        ledger.beat("w0")
        yield ledger


def address(past: Replays) -> str:
    """Return where to ask for a replay."""
    return f"/api/endpoints/{past.endpoint.id}/replay"


def test_a_dry_run_counts_by_type_and_does_nothing(house: AdminHouse, past: Replays) -> None:
    """What was missed without a moment, everything since one; also for an endpoint that is disabled still."""
    past.history.receives(conversation_updated("ACTIVE"))
    past.delivers(1)
    past.skips(2)
    past.history.alters(past.endpoint, disabled=Disabled("by_hand", 1))
    missed = house.http.post(address(past), json={"dry_run": True})
    everything = house.http.post(address(past), json={"dry_run": True, "since": "2020-01-01T00:00:00Z"})
    chosen = house.http.post(address(past), json={"dry_run": True, "only": "all", "types": ["conversation.*"]})

    assert (200, {"count": 2, "by_type": {"communication.created": 2}, "job_id": None}) == (
        missed.status_code, missed.json(),
    )  # fmt: skip
    assert {"communication.created": 3, "conversation.updated": 1} == everything.json()["by_type"]
    assert {"conversation.updated": 1} == chosen.json()["by_type"]
    assert 0 == house.http.get("/api/stats").json()["jobs"]["waiting"]


def test_a_replay_is_followed_to_its_end(house: AdminHouse, past: Replays, workers: JobLedger) -> None:
    """202 with the job's address; the job tells how far it has come."""
    past.skips(3)
    asked = house.http.post(address(past))
    before = house.http.get(asked.headers["location"]).json()
    (claim,) = workers.claim().claims
    job = workers.start(claim.job_id, claim.dispatch, "w0")
    assert job
    outcome = replay(past.history.url, past.keys, job, lambda cursor, done: workers.progress(job, cursor, done), 0.0)
    workers.record(job, "done", outcome.reason)
    after = house.http.get(asked.headers["location"]).json()

    assert (202, 3, before["id"]) == (asked.status_code, asked.json()["count"], asked.json()["job_id"])
    assert ("replay", "waiting", None, past.endpoint.id, 3, 0) == _told(before)
    assert ("replay", "done", None, past.endpoint.id, 3, 3) == _told(after)
    assert "3 events put again" == after["outcome"]


def _told(job: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(job[name] for name in ("kind", "state", "conversation_id", "endpoint_id", "count", "done"))


def test_the_same_request_joins_and_another_is_refused(house: AdminHouse, past: Replays) -> None:
    """409 names the job that is in the way."""
    past.skips(1)
    first, same = house.http.post(address(past), json={}), house.http.post(address(past), json={"rate": 50})
    other = house.http.post(address(past), json={"rate": 5})

    assert (202, first.json()) == (same.status_code, same.json())
    assert (409, first.json()["job_id"]) == (other.status_code, other.json()["job_id"])


def test_nothing_to_replay_is_no_job(house: AdminHouse, past: Replays) -> None:
    """200, and the count says so."""
    past.delivers(1)
    answered = house.http.post(address(past), json={"since": from_milliseconds(int(time.time() * 1000) + 60_000)})

    assert (200, {"count": 0, "by_type": {}, "job_id": None}) == (answered.status_code, answered.json())


def test_a_disabled_endpoint_is_to_be_enabled_first(house: AdminHouse, past: Replays) -> None:
    """409 says so; an endpoint that there is none of is 404."""
    past.history.alters(past.endpoint, disabled=Disabled("gone", 1))
    answered = house.http.post(address(past))

    assert (409, "the endpoint is disabled: enable it first, then replay") == (
        answered.status_code, answered.json()["detail"],
    )  # fmt: skip
    assert 404 == house.http.post("/api/endpoints/ep_none/replay").status_code


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"since": "2h"}, "since"),
        ({"since": 5}, "since"),
        ({"types": []}, "types"),
        ({"types": "conversation.*"}, "types"),
        ({"types": ["X"]}, "types"),
        ({"types": [1]}, "types"),
        ({"only": "some"}, "only"),
        ({"only": None}, "only"),
        ({"only": ["all"]}, "only"),
        ({"rate": 0}, "rate"),
        ({"rate": 1.5}, "rate"),
        ({"rate": True}, "rate"),
        ({"rate": 1001}, "rate"),
        ({"dry_run": 1}, "dry_run"),
        ({"until": "2026-01-01T00:00:00Z"}, "until"),
    ],
)
def test_a_wrong_request_replays_nothing(house: AdminHouse, past: Replays, body: dict[str, Any], name: str) -> None:
    """422 names what is wrong, and no job is made."""
    past.skips(1)
    answered = house.http.post(address(past), json=body)

    assert 422 == answered.status_code
    assert [name] == [mistake.partition(":")[0] for mistake in answered.json()["mistakes"]]
    assert 0 == house.http.get("/api/stats").json()["jobs"]["waiting"]


def test_a_single_delivery_is_retried_at_once(house: AdminHouse, past: Replays) -> None:
    """202, and it waits again; asked for twice, the second finds it under way."""
    (event_id,) = past.dies(1)
    wish = {"endpoint_id": past.endpoint.id, "event_id": event_id}
    first, second = (house.http.post("/api/deliveries/retry", json=wish) for _ in range(2))

    assert (202, {**wish, "state": "waiting"}, 409) == (first.status_code, first.json(), second.status_code)
    assert [event_id] == past.attempts()


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"endpoint_id": "ep_none"}, 404, "there is no endpoint of this id"),
        ({"event_id": "evt_none"}, 404, "neither the log nor a dead delivery has an event of this id"),
        ({"event_id": "a:b"}, 422, "the delivery cannot be retried like this"),
        ({"event_id": None}, 422, "the delivery cannot be retried like this"),
        ({"colour": "red"}, 422, "the delivery cannot be retried like this"),
    ],
)
def test_a_retry_that_cannot_be_is_refused(
    house: AdminHouse, past: Replays, changes: dict[str, Any], status: int, said: str
) -> None:
    """Each with its reason."""
    (event_id,) = past.dies(1)
    answered = house.http.post(
        "/api/deliveries/retry", json={"endpoint_id": past.endpoint.id, "event_id": event_id, **changes}
    )

    assert (status, said) == (answered.status_code, answered.json()["detail"])
