"""The measurements: what each one needs to run, and the load that it is given."""

from collections.abc import Mapping

import httpx
import msgspec

from service.bench import programs
from service.bench.callbacks import Signing
from service.bench.figures import Kind
from service.bench.load import Counted, Load
from service.bench.peer import Peer
from service.bench.process import FailedError
from service.bench.samples import Sample
from service.bench.stage import Stage
from service.web.orchestrator import ROUTE

STEADY_RATE = 50
"""Events a second, when latency is measured."""
STEADY_SECONDS = 20
SLOWEST = 50
"""Events a second; what is slower is given up."""
_MARGIN = 60.0


class Size(msgspec.Struct, frozen=True):
    """How much is sent, to how many."""

    events: int
    conversations: int
    subscribers: int
    connections: int


class Plan(msgspec.Struct, frozen=True):
    """How large the measurements are, the signing of the callbacks, and the environment of the programs."""

    size: Size
    signing: Signing
    env: Mapping[str, str]

    def load(self, target: str, sink: str | None = None) -> Load:
        """Return as much as fits, sent to a receiver at the URL `target`, and counted where there is a sink."""
        size = self.size
        patience = _MARGIN + size.events / SLOWEST
        return Load(
            target=target + ROUTE,
            signing=Signing(self.signing.public_url + ROUTE, self.signing.token),
            events=size.events,
            conversations=size.conversations,
            connections=size.connections,
            counted=Counted(sink, size.subscribers, patience) if sink else None,
        )

    def subscriber_urls(self, sink: str) -> list[str]:
        """Return the subscribers of a sink."""
        return [f"{sink}/sink/{number}" for number in range(1, self.size.subscribers + 1)]


def measure(kind: Kind, stage: Stage, plan: Plan, peer: Peer | None) -> Sample:
    """Return one measurement, made with processes, a Redis and data of its own.

    Raises FailedError, KeyboardInterrupt, NoServerError and ServerFailedError.
    """
    if kind == "bare":
        return _bare(stage, plan)
    if kind == "receiving":
        return _receiving(stage, plan)
    if kind == "peer" and peer is not None:
        return _peer(stage, plan, peer)
    return _steadily(stage, plan) if kind == "latency" else _whole(stage, plan)


def _bare(stage: Stage, plan: Plan) -> Sample:
    target = stage.start_with_socket(lambda descriptor: programs.bare(descriptor, plan.env), "/")
    return _fire(stage, plan, plan.load(target))


def _receiving(stage: Stage, plan: Plan) -> Sample:
    redis = stage.start_redis(plan.env)
    target = stage.start_with_socket(lambda descriptor: programs.receiver(descriptor, plan.env, redis), "/readyz")
    return _fire(stage, plan, plan.load(target))


def _whole(stage: Stage, plan: Plan) -> Sample:
    target, sink = _up(stage, plan)
    return _fire(stage, plan, plan.load(target, sink))


def _steadily(stage: Stage, plan: Plan) -> Sample:
    target, sink = _up(stage, plan)
    events = min(plan.size.events, STEADY_RATE * STEADY_SECONDS)
    return _fire(stage, plan, msgspec.structs.replace(plan.load(target, sink), events=events, rate=STEADY_RATE))


def _up(stage: Stage, plan: Plan) -> tuple[str, str]:
    """Start everything and the subscribers, introduce them, and return the URLs of the receiver and of the sink."""
    sink = _sink(stage, plan)
    token = plan.signing.token
    running = stage.start(programs.up(plan.env, stage.folder / "data", token))
    ready = stage.line(running, r"^ready receiver=(\S+) admin=(\S+)$")
    with httpx.Client(base_url=ready[2], headers={"authorization": f"Bearer {token}"}, trust_env=False) as admin:
        for url in plan.subscriber_urls(sink):
            answer = admin.post("/api/endpoints", json={"url": url, "types": ["*"]})
            if answer.status_code != httpx.codes.CREATED:
                raise FailedError(f"{url} was not taken as an endpoint: {answer.status_code} {answer.text}")
    return ready[1], sink


def _peer(stage: Stage, plan: Plan, peer: Peer) -> Sample:
    sink = _sink(stage, plan)
    env = {
        **plan.env,
        "NODE_PATH": str(peer.libraries),
        "REDIS_SOCKET": str(stage.start_redis(plan.env)),
        "SUBSCRIBERS": ",".join(plan.subscriber_urls(sink)),
        "PUBLIC_URL": plan.signing.public_url,
        "TWILIO_AUTH_TOKEN": plan.signing.token,
    }
    stage.line(stage.start(programs.peer(peer.node, "worker", env)), "^ready$")
    target = stage.start_with_socket(
        lambda descriptor: programs.peer(peer.node, "receiver", {**env, "LISTEN_FD": str(descriptor)}, (descriptor,)),
        "/",
    )
    return _fire(stage, plan, plan.load(target, sink))


def _sink(stage: Stage, plan: Plan) -> str:
    return stage.start_with_socket(lambda descriptor: programs.sink(descriptor, plan.env), "/count")


def _fire(stage: Stage, plan: Plan, load: Load) -> Sample:
    arriving = load.counted.patience if load.counted else 0
    told = stage.finish(programs.load(load, plan.env), _MARGIN + load.events / SLOWEST + arriving)
    return msgspec.json.decode(told.splitlines()[-1], type=Sample)
