"""A run: the rounds, one after the other, and the report on them."""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from service.bench import peer
from service.bench.figures.figure import Figure, Row, all_met, order, rows
from service.bench.peer import Peer, Unavailable
from service.bench.process import Interruption
from service.bench.samples import Sample
from service.bench.stage import Stage, stage


@dataclass(frozen=True, slots=True)
class Bench:
    """What a run measures: kinds with their names, in order, how each is measured, and what is told of them.

    `size` says as text how large it is. `peer_kinds` are left out where the peer cannot be had.
    """

    size: msgspec.Struct
    names: Mapping[str, str]
    figures: Sequence[Figure]
    measure: Callable[[str, Stage, Peer | None], Sample]
    peer_kinds: frozenset[str] = frozenset()


class Report(msgspec.Struct, frozen=True):
    """What a run came to: the lines of the table, and the rounds behind them, each in the order of measuring."""

    machine: str
    size: msgspec.Struct
    met: bool
    rows: tuple[Row, ...]
    rounds: list[dict[str, Sample]]
    no_peer: str | None = None


class Step(msgspec.Struct, frozen=True):
    """What is about to be done, and how far we are."""

    what: str
    done: int
    of: int


Tell = Callable[[Step], None]


def run(bench: Bench, rounds: int, interruption: Interruption, tell: Tell) -> Report:
    """Measure and return the report; where the peer cannot be had, it is left out and the report says so.

    Each measurement has processes, a Redis and data of its own. Raises FailedError, KeyboardInterrupt, NoServerError
    and ServerFailedError.
    """
    found = _find_peer(interruption, tell) if bench.peer_kinds & bench.names.keys() else None
    no_peer = found.reason if isinstance(found, Unavailable) else None
    samples: list[dict[str, Sample]] = [{} for _ in range(rounds)]
    steps = order([kind for kind in bench.names if no_peer is None or kind not in bench.peer_kinds], rounds)
    for done, (number, kind) in enumerate(steps):
        tell(Step(f"round {number + 1}: {bench.names[kind]}", done, len(steps)))
        with stage(interruption) as staged:
            samples[number][kind] = bench.measure(kind, staged, found if isinstance(found, Peer) else None)
    told = rows(bench.figures, samples)
    return Report(_machine(), bench.size, all_met(told), told, samples, no_peer)


def _find_peer(interruption: Interruption, tell: Tell) -> Peer | Unavailable:
    tell(Step("libraries of Express + BullMQ", 0, 1))
    with stage(interruption) as staged:
        return peer.install(staged, dict(os.environ))


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
