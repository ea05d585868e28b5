"""`bench fairness`: healthy endpoints at a steady rate, alone, and beside four that misbehave in the ways that hurt."""

from functools import partial
from pathlib import Path

import msgspec

from service.bench import counting, programs
from service.bench.figures.fairness import FAN_OUTS, HEADROOM, HEALTHY, NAMES, carried, figures, kinds
from service.bench.load import Load
from service.bench.measurements.plan import Plan, Size, fire, plan, start_receiver, start_relay, start_sink
from service.bench.peer import Peer
from service.bench.process import FailedError, Interruption
from service.bench.registered import Subscriber, failures, register
from service.bench.run import Bench, Step, Tell
from service.bench.samples import Sample
from service.bench.stage import Stage, stage
from service.bench.unruly import refusing

LIMIT = 5.0
"""Deliveries a second of the rate-limited one."""
PROBE = 5.0
"""Seconds of a try whether the machine carries a rate."""


class Pace(msgspec.Struct, frozen=True):
    """How fast, how long, and to how many of the healthy endpoints each event goes."""

    rate: float
    seconds: float
    fan_out: int
    conversations: int
    connections: int

    def __str__(self) -> str:
        """Return it as people say it."""
        return (
            f"{self.rate:g} events/s for {self.seconds:g} s, each to {self.fan_out} of {HEALTHY} healthy endpoints "
            f"({self.rate * self.fan_out:,.0f} deliveries/s)"
        )


def bench(pace: Pace, *, full: bool) -> Bench:
    """Return the bench; `full`: with what sends each event to all healthy endpoints too, for comparison."""
    chosen = kinds(pace.fan_out, full=full)
    names = {kind: NAMES[kind] for kind in chosen}
    return Bench(pace, names, figures(pace.fan_out, pace.rate), partial(_measure, pace))


def choose(pace: Pace, interruption: Interruption, tell: Tell) -> Pace:
    """Return the pace with the largest fan-out that this machine carries with room to spare, trying each in turn.

    Raises FailedError where it carries none, and what measuring raises.
    """
    for done, fan_out in enumerate(FAN_OUTS):
        tell(Step(f"does this machine carry {pace.rate * HEADROOM * fan_out:,.0f} deliveries/s?", done, len(FAN_OUTS)))
        tried = Pace(pace.rate * HEADROOM, min(pace.seconds, PROBE), fan_out, pace.conversations, pace.connections)
        with stage(interruption) as staged:
            if carried(_measure(tried, "alone", staged, None)):
                return msgspec.structs.replace(pace, fan_out=fan_out)
    raise FailedError(f"this machine does not carry {pace.rate:g} events/s without queues; choose a lower --rate")


def _measure(pace: Pace, kind: str, stage: Stage, _: Peer | None) -> Sample:
    fan_out = HEALTHY if kind.startswith("full") else pace.fan_out
    made = plan(Size(int(pace.rate * pace.seconds), pace.conversations, fan_out, pace.connections))
    redis, sink = stage.start_redis(made.env), start_sink(stage, made)
    target = start_receiver(stage, made, redis)
    start_relay(stage, made, redis)
    groups = HEALTHY // fan_out
    healthy = [Subscriber(f"{sink}/sink/{number}", (_type(number % groups),)) for number in range(HEALTHY)]
    load = msgspec.structs.replace(
        made.load(target, sink), rate=pace.rate, kinds=tuple(_kind(group) for group in range(groups))
    )
    if kind.endswith("beside"):
        return _beside(stage, made, redis, healthy, load)
    register(redis, made.signing.token, healthy)
    return fire(stage, made, load)


def _beside(stage: Stage, plan: Plan, redis: Path, healthy: list[Subscriber], load: Load) -> Sample:
    # Started after the relay and so stopped before it: nobody has to wait for the slow one's last answers.
    unruly = stage.start_with_socket(lambda descriptor: programs.unruly(descriptor, plan.env), "/count")
    with refusing() as dead, counting.client(unruly) as client:
        misbehaving = [
            Subscriber(dead),
            Subscriber(f"{unruly}/slow"),
            Subscriber(f"{unruly}/dripping"),
            Subscriber(f"{unruly}/limited", rate_limit=LIMIT),
        ]
        ids = register(redis, plan.signing.token, [*misbehaving, *healthy])
        sample = fire(stage, plan, load)
        requests = msgspec.json.decode(client.get("/count").content, type=dict[str, int])
        return msgspec.structs.replace(sample, unruly={"dead": failures(redis, ids[0]), **requests})


def _kind(group: int) -> str:
    # A name that Twilio does not have: it goes through under a type of its own, for which endpoints can ask.
    return f"CONVERSATION_BENCH_{group}"


def _type(group: int) -> str:
    return f"orchestrator.{_kind(group).lower()}"
