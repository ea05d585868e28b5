"""`bench jobs`: callbacks of conversations that fell quiet in, PATCHes out; everything of ours at work but admin."""

from functools import partial
from pathlib import Path

import msgspec
from redis import Redis

from service.bench import programs
from service.bench.cpu import spent
from service.bench.figures.jobs import FIGURES, NAMES, RATE
from service.bench.load import Counted
from service.bench.measurements.plan import Plan, Size, fire, plan, start_receiver, start_relay
from service.bench.peer import Peer
from service.bench.process import Running
from service.bench.run import Bench
from service.bench.samples import Sample
from service.bench.stage import Stage
from service.bench.twilio import PATH
from service.store.keys import Keys

PROCESSES = 2
RULES = '[[close]]\nwhen = "conversation.inactivated"\n'


class Closes(msgspec.Struct, frozen=True):
    """How many conversations are closed in each run."""

    closes: int
    connections: int

    def __str__(self) -> str:
        """Return it as people say it."""
        return f"{self.closes:,} closes by {PROCESSES} worker processes; Twilio answers at once"


def bench(closes: int, connections: int) -> Bench:
    """Return the bench: so many closes, each of a conversation of its own."""
    made = plan(Size(closes, closes, 1, connections))
    return Bench(Closes(closes, connections), NAMES, FIGURES, partial(_measure, made))


def _measure(plan: Plan, kind: str, stage: Stage, _: Peer | None) -> Sample:
    redis, closes = stage.start_redis(plan.env), plan.size.events
    twilio = stage.start_with_socket(lambda descriptor: programs.twilio(descriptor, plan.env, closes), "/count")
    rules = stage.folder / "rules.toml"
    rules.write_text(RULES, encoding="utf-8")
    ruled = msgspec.structs.replace(plan, env={**plan.env, "RULES_FILE": str(rules)})
    worker = _start_worker(stage, plan, redis, twilio)
    start_relay(stage, ruled, redis)
    load = plan.load(start_receiver(stage, plan, redis))
    rate = RATE if kind == "steady" else None
    before = spent(worker.pid)
    sample = fire(stage, plan, msgspec.structs.replace(load, rate=rate, counted=Counted(twilio, 1, plan.patience)))
    after = spent(worker.pid)
    if before is None or after is None:
        return sample
    return msgspec.structs.replace(sample, cpu_ms=(after - before) * 1000 / closes)


def _start_worker(stage: Stage, plan: Plan, redis: Path, twilio: str) -> Running:
    """Start a worker, and return once each of its processes takes jobs."""
    worker = stage.start(programs.worker({**plan.env, "TWILIO_CONVERSATIONS_URL": twilio + PATH}, redis, PROCESSES))
    with Redis(unix_socket_path=str(redis)) as client:
        stage.until(lambda: client.zcard(Keys().jobs_workers) == PROCESSES or None, "the worker takes jobs")
    return worker
