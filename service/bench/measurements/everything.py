"""`bench`: receiving beside bare Starlette, everything beside the peer, and the latency of a quiet service."""

from collections.abc import Sequence
from functools import partial

import httpx
import msgspec

from service.bench import programs
from service.bench.figures.everything import FIGURES, NAMES
from service.bench.measurements.plan import (
    Plan,
    Size,
    fire,
    peer_environment,
    plan,
    start_peer_receiver,
    start_peer_worker,
    start_receiver,
    start_sink,
)
from service.bench.peer import Peer
from service.bench.process import FailedError
from service.bench.run import Bench
from service.bench.samples import Sample
from service.bench.stage import Stage

STEADY_RATE = 50
"""Events a second, when latency is measured."""
STEADY_SECONDS = 20


def bench(size: Size, kinds: Sequence[str]) -> Bench:
    """Return the bench of these kinds."""
    names = {kind: NAMES[kind] for kind in kinds}
    return Bench(size, names, FIGURES, partial(_measure, plan(size)), frozenset({"peer"}))


def _measure(plan: Plan, kind: str, stage: Stage, peer: Peer | None) -> Sample:
    if kind == "bare":
        return _bare(stage, plan)
    if kind in {"receiving", "forms"}:
        return _receiving(stage, plan, forms=kind == "forms")
    if peer is not None and kind == "peer":
        return with_peer(stage, plan, peer)
    return _steadily(stage, plan) if kind == "latency" else _whole(stage, plan)


def _bare(stage: Stage, plan: Plan) -> Sample:
    target = stage.start_with_socket(lambda descriptor: programs.bare(descriptor, plan.env), "/")
    return fire(stage, plan, plan.load(target))


def _receiving(stage: Stage, plan: Plan, *, forms: bool) -> Sample:
    target = start_receiver(stage, plan, stage.start_redis(plan.env))
    return fire(stage, plan, plan.load(target, forms=forms))


def _whole(stage: Stage, plan: Plan) -> Sample:
    target, sink = _up(stage, plan)
    return fire(stage, plan, plan.load(target, sink))


def _steadily(stage: Stage, plan: Plan) -> Sample:
    target, sink = _up(stage, plan)
    events = min(plan.size.events, STEADY_RATE * STEADY_SECONDS)
    return fire(stage, plan, msgspec.structs.replace(plan.load(target, sink), events=events, rate=STEADY_RATE))


def _up(stage: Stage, plan: Plan) -> tuple[str, str]:
    """Start everything and the subscribers, introduce them, and return the URLs of the receiver and of the sink."""
    sink = start_sink(stage, plan)
    token = plan.signing.token
    running = stage.start(programs.up(plan.env, stage.folder / "data", token))
    ready = stage.line(running, r"^ready receiver=(\S+) admin=(\S+)$")
    with httpx.Client(base_url=ready[2], headers={"authorization": f"Bearer {token}"}, trust_env=False) as admin:
        for url in plan.subscriber_urls(sink):
            answer = admin.post("/api/endpoints", json={"url": url, "types": ["*"]})
            if answer.status_code != httpx.codes.CREATED:
                raise FailedError(f"{url} was not taken as an endpoint: {answer.status_code} {answer.text}")
    return ready[1], sink


def with_peer(stage: Stage, plan: Plan, peer: Peer) -> Sample:
    """Return what the peer comes to, receiver and worker together, as it would run."""
    sink = start_sink(stage, plan)
    env = {**peer_environment(plan, stage.start_redis(plan.env), sink), "NODE_PATH": str(peer.libraries)}
    start_peer_worker(stage, env, peer)
    return fire(stage, plan, plan.load(start_peer_receiver(stage, env, peer), sink))
