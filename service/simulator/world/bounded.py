"""PURE. Forgetting the oldest, so that a simulation can run for weeks."""

from typing import Any

MOST = 100_000
"""Small things that are remembered of each kind, where nothing else is said."""


def trim(kept: dict[Any, Any], most: int = MOST) -> None:
    """Remove what was put first, until there are no more than `most`."""
    while len(kept) > most:
        del kept[next(iter(kept))]
