"""The figures over HTTP: what they count, and that people and Prometheus get the same ones."""

import time
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.attempt.answer import Answered
from service.rules.parsing import parse
from service.store import lag
from service.store.client import connect
from service.store.lag import routing_lag
from tests.admin_house import AdminHouse
from tests.history import History, communication_created, conversation_updated
from tests.real_redis import RealRedis
from workers.delivery.outcome import Dead, Delivered, Retry


def stats(house: AdminHouse) -> dict[str, Any]:
    """Return the figures."""
    found: dict[str, Any] = house.http.get("/api/stats").json()
    return found


def test_an_empty_house_counts_nothing(house: AdminHouse) -> None:
    """Zeroes and no endpoints; nothing is missing because nothing has happened."""
    assert {
        "events": {"received": 0, "duplicates": 0, "refused": {}, "unproven_accepted": 0, "malformed": 0},
        "routing": {"lag": {"count": 0, "oldest_seconds": 0.0}, "relays": 0, "leased": False},
        "endpoints": [],
        "jobs": {
            "intended": 0, "waiting": 0, "parked": 0, "queued": 0, "running": 0, "dead": 0, "stopped_kinds": [],
            "workers": 0,
        },
        "reconciliation": {"repaired": {}, "deleted": 0, "since": None, "last": None},
        "memory": {"observations": {}, "linkage": {}},
    } == stats(house)  # fmt: skip


def test_callbacks_are_counted_by_what_became_of_them(house: AdminHouse, history: History) -> None:
    """Received, repeated, refused by reason, and malformed ones that are kept."""
    again = communication_created(1)
    history.receives(again, again, communication_created(2))
    history.counts("refused:bad_signature", 3)
    history.counts("refused:malformed", 1)
    history.counts("unproven_accepted", 2)
    history.keeps_malformed(b"[]")

    assert {
        "received": 2,
        "duplicates": 1,
        "refused": {"bad_signature": 3, "malformed": 1},
        "unproven_accepted": 2,
        "malformed": 1,
    } == stats(house)["events"]


def test_the_lag_of_routing_is_what_lies_behind_the_cursor(house: AdminHouse, history: History) -> None:
    """Three behind, then none; and the relays that are alive."""
    history.receives(*(communication_created(n) for n in range(3)))
    behind = stats(house)["routing"]
    history.routes()
    history.beats()
    history.receives(communication_created(3))
    after = stats(house)["routing"]

    assert (3, 0, False) == (behind["lag"]["count"], behind["relays"], behind["leased"])
    assert 0 < behind["lag"]["oldest_seconds"] < 60
    assert (1, 1, True) == (after["lag"]["count"], after["relays"], after["leased"])


@pytest.mark.anyio
async def test_a_long_lag_is_counted_to_a_bound(
    house: AdminHouse, history: History, redis_server: RealRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counting goes in small steps, misses none, and ends at a number that means so many or more."""
    monkeypatch.setattr(lag, "STEP", 4)
    async with connect(redis_server.url) as redis:
        for number in range(11):
            await redis.xadd(history.keys.events, {"n": number})
        exact = await routing_lag(redis, history.keys, 0)
        monkeypatch.setattr(lag, "MOST_COUNTED", 6)
        bounded = await routing_lag(redis, history.keys, 0)

    assert (11, 8) == (exact.count, bounded.count)
    assert 200 == house.http.get("/readyz").status_code


def test_an_endpoint_counts_what_waits_and_what_became_of_the_rest(house: AdminHouse, history: History) -> None:
    """Lag is everything that is not settled: in the stream, in flight, or between two attempts."""
    busy, idle = history.registers(), history.registers("message.received")
    history.receives(*(communication_created(n) for n in range(6)))
    history.routes()
    delivered, dead, retried, _held = history.takes(busy, 4)
    history.settles(delivered, Answered(200), Delivered())
    history.settles(dead, Answered(410), Dead("gone"))
    history.settles(retried, Answered(500), Retry(60, "status 500"))
    first, second = stats(house)["endpoints"]
    oldest = first["lag"].pop("oldest_seconds")

    assert {
        "id": busy.id, "state": "active", "lag": {"count": 4}, "in_flight": 1, "retrying": 1, "delivered": 1,
        "dead": 1, "retries": 1, "skipped": 0,
    } == first  # fmt: skip
    assert 0 < oldest < 60
    assert (idle.id, {"count": 0, "oldest_seconds": 0.0}) == (second["id"], second["lag"])


def test_jobs_are_counted_by_state(house: AdminHouse, history: History) -> None:
    """Decided ones that nobody has taken up, and those that wait."""
    history.receives(conversation_updated("ACTIVE", 0), conversation_updated("INACTIVE", 1))
    history.routes(parse('[[close]]\nwhen = "conversation.inactivated"'))
    decided = stats(house)["jobs"]
    house.http.post("/api/conversations/conv_conversation_other/close")
    asked = stats(house)["jobs"]

    assert (1, 0) == (decided["intended"], decided["waiting"])
    # A request writes its job at once, and an intent that wakes a dispatcher.
    assert (2, 1) == (asked["intended"], asked["waiting"])


def test_prometheus_gets_the_same_figures(house: AdminHouse, history: History) -> None:
    """The text parses, and each sample says what /api/stats says."""
    endpoint = history.registers()
    history.receives(*(communication_created(n) for n in range(3)))
    history.counts("refused:bad_signature", 3)
    history.routes()
    history.settles(history.takes(endpoint)[0], Answered(200), Delivered())
    answered = house.stranger.get("/metrics")
    samples = {
        (s.name.removeprefix("conversation_events_"), *s.labels.values()): s.value
        for family in text_string_to_metric_families(answered.text)
        for s in family.samples
    }

    assert answered.headers["content-type"].startswith("text/plain")
    assert {
        ("redis_up",): 1, ("received_total",): 3, ("duplicates_total",): 0, ("refused_total", "bad_signature"): 3,
        ("unrouted",): 0, ("lag", endpoint.id): 2, ("in_flight", endpoint.id): 0,
        ("attempts_total", endpoint.id, "delivered"): 1, ("jobs", "waiting"): 0, ("workers",): 0,
    }.items() <= samples.items()  # fmt: skip
    assert 0 < samples["lag_oldest_seconds", endpoint.id] < time.time()


def test_openmetrics_is_spoken_to_whom_asks_for_it(house: AdminHouse) -> None:
    """Newer scrapers ask for it."""
    answered = house.stranger.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})

    assert answered.headers["content-type"].startswith("application/openmetrics-text")
    assert answered.text.endswith("# EOF\n")
