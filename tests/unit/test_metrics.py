"""The metrics as Prometheus reads them."""

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from service.store.endpoint_statistics import EndpointStatistics
from service.store.job_statistics import JobStatistics
from service.store.lag import Lag
from service.store.memory_statistics import MemoryStatistics
from service.store.reconciliation_statistics import LastPass, ReconciliationStatistics
from service.store.statistics import RoutingStatistics, Statistics, event_statistics
from service.web.metrics import PREFIX, registry

FOUND = Statistics(
    events=event_statistics({"received": 7, "refused:bad_signature": 2, 'refused:odd\n"reason': 1, "other": 5}, 3),
    routing=RoutingStatistics(Lag(4, 1.5), 2, leased=True),
    endpoints=[
        EndpointStatistics(
            id="ep_a", state="active", lag=Lag(9, 60.25), in_flight=3, retrying=2, delivered=100, dead=1, retries=5,
            skipped=8,
        )
    ],
    jobs=JobStatistics(
        intended=1, waiting=2, parked=3, queued=4, running=5, dead=6, stopped_kinds=["close"], workers=7
    ),
    reconciliation=ReconciliationStatistics(
        {"communication.created": 3}, 2, "2026-11-20T14:00:00.000000Z",
        LastPass(
            began_at="2026-11-20T15:00:00.000Z", ended_at="2026-11-20T15:00:01.000Z", age_seconds=4.5, calls=11,
            open=12, looks=13, left=14, error="503",
        ),
    ),
    memory=MemoryStatistics({"sent": 15}, {"unlinked": 16}),
)  # fmt: skip


def samples(found: Statistics | None) -> dict[tuple[str, ...], float]:
    """Return the exposed samples by name, without our prefix, and label values."""
    text = generate_latest(registry(found)).decode()
    return {
        (sample.name.removeprefix(PREFIX), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_figure_is_exposed() -> None:
    """Counters end in _total; endpoints, reasons and states are labels."""
    assert {
        ("redis_up",): 1, ("received_total",): 7, ("duplicates_total",): 0, ("refused_total", "bad_signature"): 2,
        ("refused_total", 'odd\n"reason'): 1, ("unproven_accepted_total",): 0, ("malformed_kept",): 3,
        ("unrouted",): 4, ("unrouted_oldest_seconds",): 1.5, ("relays",): 2, ("routing_leased",): 1,
        ("lag", "ep_a"): 9, ("lag_oldest_seconds", "ep_a"): 60.25, ("in_flight", "ep_a"): 3, ("retrying", "ep_a"): 2,
        ("attempts_total", "ep_a", "delivered"): 100, ("attempts_total", "ep_a", "dead"): 1,
        ("attempts_total", "ep_a", "retry"): 5, ("skipped", "ep_a"): 8, ("endpoint_state", "ep_a", "active"): 1,
        ("jobs", "intended"): 1, ("jobs", "waiting"): 2, ("jobs", "parked"): 3, ("jobs", "queued"): 4,
        ("jobs", "running"): 5, ("jobs", "dead"): 6, ("stopped_kinds",): 1, ("workers",): 7,
        ("repaired_total", "communication.created"): 3, ("deleted_conversations_total",): 2,
        ("reconciliation_age_seconds",): 4.5, ("reconciliation_calls",): 11, ("reconciliation_open",): 12,
        ("reconciliation_left",): 14, ("reconciliation_failed",): 1,
        ("observations_total", "sent"): 15, ("linkage_total", "unlinked"): 16,
    } == samples(FOUND)  # fmt: skip


def test_without_redis_there_is_one_metric() -> None:
    """Absent figures are not zeroes."""
    assert {("redis_up",): 0} == samples(None)


def test_a_registry_is_made_anew_each_time() -> None:
    """Nothing of one scrape is left for the next."""
    samples(FOUND)

    assert samples(FOUND) == samples(FOUND)
