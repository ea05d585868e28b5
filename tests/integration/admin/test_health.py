"""Readiness over HTTP: the work that is there gets done, or somebody is told; and what happens without Redis."""

import re
import time
from datetime import UTC, datetime

import pytest

from service.attempt.answer import Answered
from service.events.times import from_milliseconds
from service.store.client import connect
from service.store.jobs import request_close
from service.store.readiness import facts
from tests.admin_house import AdminHouse, running_admin
from tests.eventually import eventually
from tests.history import History, communication_created
from tests.real_redis import RealRedis
from workers.delivery.outcome import Retry


def test_an_idle_house_is_ready(house: AdminHouse, history: History) -> None:
    """With nothing to do nobody has to be alive; young work has its time."""
    before = house.stranger.get("/readyz")
    history.registers()
    history.receives(communication_created(1))
    history.routes()
    history.receives(communication_created(2))

    assert [200, 200] == [before.status_code, house.stranger.get("/readyz").status_code]


def test_an_event_that_nobody_routes_is_told(house: AdminHouse, history: History) -> None:
    """A consumer that died does not hide behind a process that answers; nor does one that only beats."""
    entry = {"v": 1, "id": "evt_old"}
    old = f"{int(time.time() * 1000) - 60_000}-0"
    history.does(lambda redis: redis.xadd(history.keys.events, entry, id=old))  # type: ignore[arg-type]
    dead = house.stranger.get("/readyz")
    history.beats()
    stuck = house.stranger.get("/readyz")

    assert (503, "5") == (dead.status_code, dead.headers["retry-after"])
    (reason,) = dead.json()["mistakes"]
    assert reason.startswith("an event has waited 6")
    assert reason.endswith("s for its routing; no relay is alive")
    assert stuck.json()["mistakes"][0].endswith("a relay is alive and does not get on")
    assert 200 == house.stranger.get("/livez").status_code


def test_a_retry_that_nobody_moves_is_told(house: AdminHouse, history: History) -> None:
    """The first retry was due a minute ago and still stands where it was put."""
    endpoint = history.registers()
    history.receives(communication_created(1))
    history.routes()
    began = int(time.time() * 1000) - 60_000
    history.settles(history.takes(endpoint)[0], Answered(500), Retry(0, "status 500"), at_ms=began)

    (reason,) = house.stranger.get("/readyz").json()["mistakes"]
    assert re.fullmatch(r"a retry has been due for [56]\d s; no relay is alive", reason)


@pytest.mark.anyio
async def test_all_that_may_wait_is_looked_at(history: History, redis_url: str) -> None:
    """The head of each line, the first job and the newest heartbeats are found where the processes left them."""
    async with connect(redis_url) as redis:
        empty = await facts(redis, history.keys)
        job_id = await request_close(redis, history.keys, "conv_1", "", datetime.now(UTC))
        score = await redis.zscore(history.keys.jobs_due, job_id)
        found = await facts(redis, history.keys)

    assert (None, None, None, None, None, None) == (
        empty.unrouted, empty.overdue_retry, empty.relay, empty.delivery, empty.worker, empty.job,
    )  # fmt: skip
    assert score is not None
    assert int(score) == found.job
    assert from_milliseconds(found.now) >= from_milliseconds(int(score))


def test_a_waiting_delivery_and_a_heartbeat_are_seen(history: History) -> None:
    """The delivery counts from when it came into the line."""
    history.registers()
    history.receives(communication_created(1))
    history.routes()
    history.beats()
    found = history.does(lambda redis: facts(redis, history.keys))

    assert found.delivery is not None
    assert found.relay is not None
    assert 0 <= found.now - found.delivery < 60_000
    assert 0 <= found.now - found.relay < 60_000


def test_without_redis_the_answer_is_503_and_heals(own_redis: RealRedis) -> None:
    """Problem details and Retry-After while Redis is away; metrics say so; all is well when it is back."""
    with running_admin(own_redis.url) as house:
        own_redis.kill()
        answered = house.http.get("/api/endpoints")
        ready, live, metrics = (house.stranger.get(path) for path in ("/readyz", "/livez", "/metrics"))
        own_redis.start()
        eventually(lambda: 200 == house.http.get("/api/endpoints").status_code)

        assert (503, "5", 503) == (answered.status_code, answered.headers["retry-after"], answered.json()["status"])
        assert (503, ["Redis does not answer"]) == (ready.status_code, ready.json()["mistakes"])
        assert (200, 200) == (live.status_code, metrics.status_code)
        assert "conversation_events_redis_up 0.0" in metrics.text
        assert "conversation_events_received" not in metrics.text
        assert 200 == house.stranger.get("/readyz").status_code
