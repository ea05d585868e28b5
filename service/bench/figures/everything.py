"""PURE. `bench`: what is received, delivered and lost, beside bare Starlette and the hand-written peer."""

from collections.abc import Mapping
from typing import Literal

from service.bench.figures.figure import NOTHING, Figure, Limit, delivered, extra, missing, rate, ratio, wait

Kind = Literal["bare", "receiving", "forms", "whole", "peer", "latency"]
NAMES: Mapping[str, str] = {
    "bare": "bare Starlette",
    "receiving": "receiving alone",
    "forms": "receiving forms alone",
    "whole": "everything",
    "peer": "Express + BullMQ",
    "latency": "latency",
}
"""What is measured, in this order, and what people call it."""
Only = Literal["receiving", "throughput", "latency"]
PARTS: Mapping[Only, tuple[Kind, ...]] = {
    "receiving": ("bare", "receiving", "forms"),
    "throughput": ("whole", "peer"),
    "latency": ("latency",),
}
"""What a part of the measurements needs."""

FIGURES = (
    Figure("bare Starlette: requests/s", ("bare",), rate("bare")),
    Figure("receiving alone: acks/s", ("receiving",), rate("receiving")),
    Figure(
        "acks/s: receiving alone ÷ bare Starlette",
        ("bare", "receiving"),
        ratio(rate("receiving"), rate("bare")),
        Limit("≥", 0.35),
    ),
    Figure("receiving forms alone: acks/s", ("forms",), rate("forms")),
    Figure("acks/s: forms ÷ JSON", ("forms", "receiving"), ratio(rate("forms"), rate("receiving")), Limit("≥", 0.7)),
    Figure("everything: acks/s", ("whole",), rate("whole")),
    Figure("everything: deliveries/s", ("whole",), delivered("whole")),
    Figure("everything: missing", ("whole",), missing("whole"), NOTHING),
    Figure("everything: extra", ("whole",), extra("whole"), NOTHING),
    Figure("Express + BullMQ: acks/s", ("peer",), rate("peer")),
    Figure("Express + BullMQ: deliveries/s", ("peer",), delivered("peer")),
    Figure("Express + BullMQ: missing", ("peer",), missing("peer")),
    Figure("Express + BullMQ: extra", ("peer",), extra("peer")),
    Figure(
        "acks/s: everything ÷ Express + BullMQ",
        ("whole", "peer"),
        ratio(rate("whole"), rate("peer")),
        Limit("≥", 2.5),
    ),
    Figure(
        "deliveries/s: everything ÷ Express + BullMQ",
        ("whole", "peer"),
        ratio(delivered("whole"), delivered("peer")),
        Limit("≥", 2),
    ),
    Figure("at 50 events/s: send to arrival, p50 in ms", ("latency",), wait("latency", "p50_ms"), Limit("<", 10)),
    Figure("at 50 events/s: send to arrival, p99 in ms", ("latency",), wait("latency", "p99_ms"), Limit("<", 40)),
    Figure("at 50 events/s: missing", ("latency",), missing("latency"), NOTHING),
    Figure("at 50 events/s: extra", ("latency",), extra("latency"), NOTHING),
)
