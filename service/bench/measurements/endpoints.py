"""`bench endpoints`: whether endpoints that get nothing cost those something that get all."""

from functools import partial

from service.bench.figures.endpoints import ALL, BUSY, FIGURES, NAMES
from service.bench.measurements.plan import Plan, Size, fire, plan, start_receiver, start_relay, start_sink
from service.bench.peer import Peer
from service.bench.registered import Subscriber, register
from service.bench.run import Bench
from service.bench.samples import Sample
from service.bench.stage import Stage

BUSY_TYPES = ("conversation.*",)
IDLE_TYPES = ("communication.created",)
"""None of what is sent."""


def bench(events: int, conversations: int, connections: int) -> Bench:
    """Return the bench: so many events over so many connections."""
    size = Size(events, conversations, BUSY, connections)
    return Bench(size, NAMES, FIGURES, partial(_measure, plan(size)))


def _measure(plan: Plan, kind: str, stage: Stage, _: Peer | None) -> Sample:
    redis, sink = stage.start_redis(plan.env), start_sink(stage, plan)
    busy = [Subscriber(url, BUSY_TYPES) for url in plan.subscriber_urls(sink)]
    idle = [Subscriber(f"{sink}/idle/{number}", IDLE_TYPES) for number in range(ALL - BUSY)]
    register(redis, plan.signing.token, [*idle, *busy] if kind == "many" else busy)
    start_relay(stage, plan, redis)
    return fire(stage, plan, plan.load(start_receiver(stage, plan, redis), sink))
