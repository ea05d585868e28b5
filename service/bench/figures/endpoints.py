"""PURE. `bench endpoints`: a few busy endpoints alone, and among many that get nothing."""

from collections.abc import Mapping

from service.bench.figures.figure import NOTHING, Figure, Limit, delivered, extra, missing, ratio

BUSY = 5
"""Endpoints that get every event."""
ALL = 1000
"""Endpoints in all, where there are many."""
NAMES: Mapping[str, str] = {"few": f"{BUSY} endpoints", "many": f"{BUSY} endpoints among {ALL:,}"}
"""What is measured, in this order, and what people call it."""

FIGURES = (
    Figure(f"{BUSY} endpoints alone: deliveries/s", ("few",), delivered("few")),
    Figure(f"{BUSY} busy ones of {ALL:,}: deliveries/s", ("many",), delivered("many")),
    Figure(
        f"deliveries/s: {BUSY} of {ALL:,} ÷ {BUSY} alone",
        ("few", "many"),
        ratio(delivered("many"), delivered("few")),
        Limit("≥", 0.8),
    ),
    Figure("missing", ("few", "many"), missing("few", "many"), NOTHING),
    Figure("extra", ("few", "many"), extra("few", "many"), NOTHING),
)
