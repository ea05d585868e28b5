"""The metrics for Prometheus, made from what Redis says at the moment of the scrape: one truth for all processes."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from service.store.endpoint_statistics import EndpointStatistics
from service.store.job_statistics import JobStatistics
from service.store.memory_statistics import MemoryStatistics
from service.store.reconciliation_statistics import ReconciliationStatistics
from service.store.statistics import EventStatistics, RoutingStatistics, Statistics

PREFIX = "conversation_events_"


class _Statistics(Collector):
    def __init__(self, found: Statistics | None) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        yield _gauge(
            "redis_up", "Whether Redis answered; without it there is no other metric.", self._found is not None
        )
        if self._found is not None:
            yield from _events(self._found.events)
            yield from _routing(self._found.routing)
            yield from _endpoints(self._found.endpoints)
            yield from _jobs(self._found.jobs)
            yield from _reconciliation(self._found.reconciliation)
            yield from _memory(self._found.memory)


def registry(found: Statistics | None) -> CollectorRegistry:
    """Return a registry of these figures alone, to be exposed once; None: Redis is away. Pure."""
    made = CollectorRegistry()
    made.register(_Statistics(found))
    return made


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(PREFIX + name, text, value=value)


def _events(events: EventStatistics) -> Iterator[Metric]:
    yield _counter("received", "Events stored.", events.received)
    yield _counter("duplicates", "Repeated callbacks that were recognised.", events.duplicates)
    refused = CounterMetricFamily(PREFIX + "refused", "Requests that were refused.", labels=["reason"])
    for reason, number in events.refused.items():
        refused.add_metric([reason], number)
    yield refused
    yield _counter("unproven_accepted", "Unproven requests let in by SIGNATURE_MODE=report.", events.unproven_accepted)
    yield _gauge("malformed_kept", "Unreadable requests that are kept to be looked at.", events.malformed)


def _routing(routing: RoutingStatistics) -> Iterator[Metric]:
    yield _gauge("unrouted", "Events that no relay has routed yet; 10000 means so many or more.", routing.lag.count)
    yield _gauge("unrouted_oldest_seconds", "Age of the oldest of them.", routing.lag.oldest_seconds)
    yield _gauge("relays", "Relays with a heartbeat in the last 10 s.", routing.relays)
    yield _gauge("routing_leased", "Whether one of them routes.", routing.leased)


def _endpoints(endpoints: Iterable[EndpointStatistics]) -> Iterator[Metric]:
    of = ["endpoint"]
    waiting = GaugeMetricFamily(PREFIX + "lag", "Deliveries not settled.", labels=of)
    oldest = GaugeMetricFamily(PREFIX + "lag_oldest_seconds", "Age of the oldest of their events.", labels=of)
    in_flight = GaugeMetricFamily(PREFIX + "in_flight", "Of them, held by a relay.", labels=of)
    retrying = GaugeMetricFamily(PREFIX + "retrying", "Of them, between two attempts.", labels=of)
    skipped = GaugeMetricFamily(PREFIX + "skipped", "Events missed while disabled, and not replayed.", labels=of)
    states = GaugeMetricFamily(PREFIX + "endpoint_state", "1 for the state that it is in.", labels=[*of, "state"])
    settled = CounterMetricFamily(PREFIX + "attempts", "Attempts by what came of them.", labels=[*of, "outcome"])
    for one in endpoints:
        waiting.add_metric([one.id], one.lag.count)
        oldest.add_metric([one.id], one.lag.oldest_seconds)
        in_flight.add_metric([one.id], one.in_flight)
        retrying.add_metric([one.id], one.retrying)
        skipped.add_metric([one.id], one.skipped)
        states.add_metric([one.id, one.state], 1)
        for outcome, number in (("delivered", one.delivered), ("dead", one.dead), ("retry", one.retries)):
            settled.add_metric([one.id, outcome], number)
    yield from (waiting, oldest, in_flight, retrying, skipped, states, settled)


def _jobs(jobs: JobStatistics) -> Iterator[Metric]:
    held = GaugeMetricFamily(PREFIX + "jobs", "Jobs by state.", labels=["state"])
    for state in ("intended", "waiting", "parked", "queued", "running", "dead"):
        held.add_metric([state], getattr(jobs, state))
    yield held
    yield _gauge("stopped_kinds", "Kinds of jobs that Twilio refuses to let us do.", len(jobs.stopped_kinds))
    yield _gauge("workers", "Worker processes with a heartbeat in the last 15 s.", jobs.workers)


def _reconciliation(found: ReconciliationStatistics) -> Iterator[Metric]:
    repaired = CounterMetricFamily(PREFIX + "repaired", "Events that no callback had brought.", labels=["type"])
    for name, number in found.repaired.items():
        repaired.add_metric([name], number)
    yield repaired
    yield _counter("deleted_conversations", "Open conversations that were found deleted.", found.deleted)
    last = found.last
    if last is not None:
        yield _gauge("reconciliation_age_seconds", "Since the last pass ended.", last.age_seconds)
        yield _gauge("reconciliation_calls", "Calls of the last pass to Twilio.", last.calls)
        yield _gauge("reconciliation_open", "Conversations that it found open.", last.open)
        yield _gauge("reconciliation_left", "Conversations that it left for the next.", last.left)
        yield _gauge("reconciliation_failed", "Whether it ended too soon.", last.error is not None)


def _memory(found: MemoryStatistics) -> Iterator[Metric]:
    sent = CounterMetricFamily(PREFIX + "observations", "Observations by what came of them.", labels=["outcome"])
    for word, number in found.observations.items():
        sent.add_metric([word], number)
    yield sent
    linkage = CounterMetricFamily(PREFIX + "linkage", "Seen between conversations and memory.", labels=["seen"])
    for word, number in found.linkage.items():
        linkage.add_metric([word], number)
    yield linkage
