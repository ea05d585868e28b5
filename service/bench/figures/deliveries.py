"""PURE. `bench deliveries`: one relay that drains what is stored, beside a bare loop of its client, and the peer."""

from collections.abc import Mapping

from service.bench.figures.figure import NOTHING, Figure, Limit, delivered, extra, missing, rate, ratio

NAMES: Mapping[str, str] = {
    "sink": "the sink alone",
    "loop": "a bare loop of aiohttp's client",
    "relay": "one relay",
    "peer": "Express + BullMQ",
    "peer_drain": "Express + BullMQ, worker alone",
}
"""What is measured, in this order, and what people call it."""
PEERS = frozenset({"peer", "peer_drain"})
"""What needs the peer's libraries."""

FIGURES = (
    Figure("the sink's own ceiling: requests/s", ("sink",), rate("sink")),
    Figure("bare loop of aiohttp's client: POSTs/s", ("loop",), delivered("loop")),
    Figure("bare loop: missing", ("loop",), missing("loop"), NOTHING),
    Figure("one relay: deliveries/s", ("relay",), delivered("relay")),
    Figure("one relay: missing", ("relay",), missing("relay"), NOTHING),
    Figure("one relay: extra", ("relay",), extra("relay"), NOTHING),
    Figure(
        "deliveries/s: one relay ÷ bare loop",
        ("relay", "loop"),
        ratio(delivered("relay"), delivered("loop")),
        Limit("≥", 0.6),
    ),
    Figure("Express + BullMQ: deliveries/s", ("peer",), delivered("peer")),
    Figure(
        "deliveries/s: one relay ÷ Express + BullMQ",
        ("relay", "peer"),
        ratio(delivered("relay"), delivered("peer")),
        Limit("≥", 3),
    ),
    Figure("Express + BullMQ, worker alone on a backlog: deliveries/s", ("peer_drain",), delivered("peer_drain")),
    Figure(
        "deliveries/s: one relay ÷ that worker",
        ("relay", "peer_drain"),
        ratio(delivered("relay"), delivered("peer_drain")),
    ),
)
