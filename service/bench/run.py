"""A run: the rounds, one after the other, and the report on them."""

import os
import platform
import secrets
from collections.abc import Callable, Sequence

import msgspec

from service.bench import peer, programs
from service.bench.callbacks import Signing
from service.bench.figures import Kind, Row, all_met, order, rows
from service.bench.measurements import Plan, Size, measure
from service.bench.peer import Peer, Unavailable
from service.bench.process import Interruption
from service.bench.samples import Sample
from service.bench.stage import stage

PUBLIC_URL = "https://hooks.example.com"
"""What Twilio would have been given; never looked up."""
_NAMES: dict[Kind, str] = {
    "bare": "bare Starlette",
    "receiving": "receiving alone",
    "whole": "everything",
    "peer": "Express + BullMQ",
    "latency": "latency",
}


class Report(msgspec.Struct, frozen=True):
    """What a run came to: the lines of the table, and the rounds behind them, each in the order of measuring."""

    machine: str
    size: Size
    met: bool
    rows: tuple[Row, ...]
    rounds: list[dict[Kind, Sample]]
    no_peer: str | None = None


class Step(msgspec.Struct, frozen=True):
    """What is about to be done, and how far we are."""

    what: str
    done: int
    of: int


def run(
    size: Size, rounds: int, kinds: Sequence[Kind], interruption: Interruption, tell: Callable[[Step], None]
) -> Report:
    """Measure what is named and return the report; where the peer cannot be had, it is left out and the report says so.

    Raises FailedError, KeyboardInterrupt, NoServerError and ServerFailedError.
    """
    token = secrets.token_hex(16)
    plan = Plan(size, Signing(PUBLIC_URL, token), programs.environment(os.environ, token, PUBLIC_URL))
    found = _find_peer(plan, interruption, tell) if "peer" in kinds else None
    no_peer = found.reason if isinstance(found, Unavailable) else None
    samples: list[dict[Kind, Sample]] = [{} for _ in range(rounds)]
    steps = order([kind for kind in kinds if kind != "peer" or no_peer is None], rounds)
    for done, (number, kind) in enumerate(steps):
        tell(Step(f"round {number + 1}: {_NAMES[kind]}", done, len(steps)))
        with stage(interruption) as staged:
            samples[number][kind] = measure(kind, staged, plan, found if isinstance(found, Peer) else None)
    told = rows(samples)
    return Report(_machine(), size, all_met(told), told, samples, no_peer)


def _find_peer(plan: Plan, interruption: Interruption, tell: Callable[[Step], None]) -> Peer | Unavailable:
    tell(Step("libraries of Express + BullMQ", 0, 1))
    with stage(interruption) as staged:
        return peer.install(staged, plan.env)


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
