"""A run: the rounds, one after the other, and the report on them."""

import os
import platform
import secrets
from collections.abc import Callable, Sequence

import msgspec

from service.bench import peer, programs
from service.bench.callbacks import Signing
from service.bench.figures import Kind, Row, all_met, order, rows
from service.bench.measurements import Plan, measure
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


class Size(msgspec.Struct, frozen=True):
    """How much is sent, to how many, in how many rounds."""

    events: int
    conversations: int
    subscribers: int
    connections: int
    rounds: int


class Report(msgspec.Struct, frozen=True):
    """What a run came to: the lines of the table, and the rounds behind them, each in the order of measuring."""

    size: Size
    machine: str
    met: bool
    rows: tuple[Row, ...]
    rounds: list[dict[Kind, Sample]]
    no_peer: str | None = None


class Step(msgspec.Struct, frozen=True):
    """What is about to be done, and how far we are."""

    what: str
    done: int
    of: int


def run(size: Size, kinds: Sequence[Kind], interruption: Interruption, tell: Callable[[Step], None]) -> Report:
    """Measure what is named and return the report. A machine without the peer is one that has nothing to compare with.

    Raises FailedError, KeyboardInterrupt, NoServerError and ServerFailedError.
    """
    token = secrets.token_hex(16)
    env = programs.environment(os.environ, token, PUBLIC_URL)
    plan = Plan(size.events, size.conversations, size.subscribers, size.connections, Signing(PUBLIC_URL, token), env)
    found = _find_peer(env, interruption, tell) if "peer" in kinds else None
    missing = found.reason if isinstance(found, Unavailable) else None
    rounds: list[dict[Kind, Sample]] = [{} for _ in range(size.rounds)]
    steps = order([kind for kind in kinds if kind != "peer" or missing is None], size.rounds)
    for done, (number, kind) in enumerate(steps):
        tell(Step(f"round {number + 1}: {_NAMES[kind]}", done, len(steps)))
        with stage(interruption) as staged:
            rounds[number][kind] = measure(kind, staged, plan, found if isinstance(found, Peer) else None)
    told = rows(rounds)
    return Report(size, _machine(), all_met(told), told, rounds, missing)


def _find_peer(env: dict[str, str], interruption: Interruption, tell: Callable[[Step], None]) -> Peer | Unavailable:
    tell(Step("libraries of Express + BullMQ", 0, 1))
    with stage(interruption) as staged:
        return peer.install(staged, env)


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
