"""`bench deliveries`: what one relay delivers of what is stored already, when nothing else has the machine's cores."""

import time
from functools import partial
from pathlib import Path

from service.bench import programs
from service.bench.bare_client import Posts
from service.bench.callbacks import Series
from service.bench.figures.deliveries import FIGURES, NAMES, PEERS
from service.bench.measurements import everything
from service.bench.measurements.plan import (
    Plan,
    Size,
    drain,
    fire,
    peer_environment,
    plan,
    start_peer_receiver,
    start_peer_worker,
    start_receiver,
    start_relay,
    start_sink,
)
from service.bench.peer import Peer
from service.bench.registered import Subscriber, register
from service.bench.run import Bench
from service.bench.samples import Sample
from service.bench.stage import Stage


def bench(size: Size, *, peer: bool) -> Bench:
    """Return the bench, with or without the peer."""
    names = {kind: name for kind, name in NAMES.items() if peer or kind not in PEERS}
    return Bench(size, names, FIGURES, partial(_measure, plan(size)), PEERS)


def _measure(plan: Plan, kind: str, stage: Stage, peer: Peer | None) -> Sample:
    if peer is not None and kind in PEERS:
        return everything.with_peer(stage, plan, peer) if kind == "peer" else _peer_drain(stage, plan, peer)
    if kind == "sink":
        return _sink(stage, plan)
    return _loop(stage, plan) if kind == "loop" else _relay(stage, plan)


def _sink(stage: Stage, plan: Plan) -> Sample:
    # Straight from the load's raw connections: no client that delivers is as cheap.
    return fire(stage, plan, plan.load(start_sink(stage, plan)))


def _loop(stage: Stage, plan: Plan) -> Sample:
    sink = start_sink(stage, plan)
    series = Series(plan.size.events, plan.size.conversations, int(time.time() * 1000))
    posts = Posts(series, tuple(plan.subscriber_urls(sink)))
    stage.finish(programs.bare_client(posts, plan.env), plan.patience)
    return drain(stage, plan, sink)


def _relay(stage: Stage, plan: Plan) -> Sample:
    redis, sink = _stored(stage, plan)
    register(redis, plan.signing.token, [Subscriber(url) for url in plan.subscriber_urls(sink)])
    start_relay(stage, plan, redis)
    return drain(stage, plan, sink)


def _stored(stage: Stage, plan: Plan) -> tuple[Path, str]:
    """Receive the events while nobody delivers; return the socket of their Redis, and the sink's URL."""
    redis = stage.start_redis(plan.env)
    fire(stage, plan, plan.load(start_receiver(stage, plan, redis)))
    return redis, start_sink(stage, plan)


def _peer_drain(stage: Stage, plan: Plan, peer: Peer) -> Sample:
    sink = start_sink(stage, plan)
    env = {**peer_environment(plan, stage.start_redis(plan.env), sink), "NODE_PATH": str(peer.libraries)}
    fire(stage, plan, plan.load(start_peer_receiver(stage, env, peer)))
    start_peer_worker(stage, env, peer)
    return drain(stage, plan, sink)
