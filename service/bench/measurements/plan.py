"""What the measurements have in common: their size, the load, and the counting of what arrives."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec

from service.bench import counting, programs
from service.bench.callbacks import Signing
from service.bench.counting import Counting
from service.bench.load import Counted, Load
from service.bench.peer import Peer
from service.bench.samples import Sample, Waits, drained
from service.bench.stage import Stage
from service.web.inbound import MESSAGE_STATUS, ORCHESTRATOR

PUBLIC_URL = "https://hooks.example.com"
"""What Twilio would have been given; never looked up."""
SLOWEST = 50
"""Events a second; what is slower is given up."""
_MARGIN = 60.0


class Size(msgspec.Struct, frozen=True):
    """How much is sent, to how many."""

    events: int
    conversations: int
    subscribers: int
    connections: int

    def __str__(self) -> str:
        """Return it as people say it."""
        return (
            f"{self.events:,} events, {self.conversations} conversations, {self.subscribers} subscribers, "
            f"{self.connections} connections"
        )


class Plan(msgspec.Struct, frozen=True):
    """How large the measurements are, the signing of the callbacks, and the environment of the programs."""

    size: Size
    signing: Signing
    env: Mapping[str, str]

    @property
    def patience(self) -> float:
        """Seconds that all events may take."""
        return _MARGIN + self.size.events / SLOWEST

    def load(self, target: str, sink: str | None = None, *, forms: bool = False) -> Load:
        """Return as much as fits, sent to a receiver at the URL `target`, and counted where there is a sink."""
        size, route = self.size, MESSAGE_STATUS if forms else ORCHESTRATOR
        return Load(
            target=target + route,
            signing=Signing(self.signing.public_url + route, self.signing.token),
            events=size.events,
            conversations=size.conversations,
            connections=size.connections,
            forms=forms,
            counted=Counted(sink, size.subscribers, self.patience) if sink else None,
        )

    def subscriber_urls(self, sink: str) -> list[str]:
        """Return the subscribers of a sink."""
        return [f"{sink}/sink/{number}" for number in range(1, self.size.subscribers + 1)]


def plan(size: Size) -> Plan:
    """Return a plan with a token that nobody else has."""
    token = secrets.token_hex(16)
    return Plan(size, Signing(PUBLIC_URL, token), programs.environment(os.environ, token, PUBLIC_URL))


def start_sink(stage: Stage, plan: Plan) -> str:
    """Start the subscribers and return their URL."""
    return stage.start_with_socket(lambda descriptor: programs.sink(descriptor, plan.env), "/count")


def start_receiver(stage: Stage, plan: Plan, redis: Path) -> str:
    """Start a receiver for the Redis behind a unix socket and return its URL."""
    return stage.start_with_socket(lambda descriptor: programs.receiver(descriptor, plan.env, redis), "/readyz")


def start_relay(stage: Stage, plan: Plan, redis: Path) -> None:
    """Start a relay and return once it routes."""
    stage.line(stage.start(programs.relay(plan.env, redis, plan.signing.token)), r'"routing\.began"')


def start_peer_receiver(stage: Stage, env: Mapping[str, str], peer: Peer) -> str:
    """Start the peer's receiver, told by its environment, and return its URL."""
    return stage.start_with_socket(
        lambda descriptor: programs.peer(peer.node, "receiver", {**env, "LISTEN_FD": str(descriptor)}, (descriptor,)),
        "/",
    )


def start_peer_worker(stage: Stage, env: Mapping[str, str], peer: Peer) -> None:
    """Start the peer's worker and return once it works."""
    stage.line(stage.start(programs.peer(peer.node, "worker", env)), "^ready$")


def peer_environment(plan: Plan, redis: Path, sink: str) -> Mapping[str, str]:
    """Return the environment of the peer's programs, but for where its libraries are."""
    return {
        **plan.env,
        "REDIS_SOCKET": str(redis),
        "SUBSCRIBERS": ",".join(plan.subscriber_urls(sink)),
        "PUBLIC_URL": plan.signing.public_url,
        "TWILIO_AUTH_TOKEN": plan.signing.token,
    }


def fire(stage: Stage, plan: Plan, load: Load) -> Sample:
    """Send a load and return what it came to. Raises FailedError where not every event was acknowledged."""
    lasting = load.events / load.rate if load.rate else 0.0
    arriving = load.counted.patience if load.counted else 0.0
    told = stage.finish(programs.load(load, plan.env), plan.patience + lasting + arriving)
    return msgspec.json.decode(told.splitlines()[-1], type=Sample)


def drain(stage: Stage, plan: Plan, sink: str) -> Sample:
    """Wait for the plan's events at every subscriber, and return how fast they came, from the first to the last."""
    expected = plan.size.events * plan.size.subscribers
    with counting.client(sink) as client:
        watched = Counting(client, expected, plan.patience)
        stage.until(watched.over, "the deliveries arrive", plan.patience + _MARGIN)
        arrived = drained(watched.arrivals(), expected)
    return Sample(arrived.arrived, arrived.per_s, Waits(None, None), arrived)
