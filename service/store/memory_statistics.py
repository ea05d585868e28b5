"""What became of observations, and what is broken between conversations and memory, since installation.

Counted by workers; the hours behind `linkage` are in `service.store.linkage`.
"""

from collections.abc import Mapping

import msgspec

OBSERVATIONS, LINKAGE = "observations:", "linkage:"
"""What the counters begin with; the word follows."""


class MemoryStatistics(msgspec.Struct, frozen=True):
    """Numbers by a word: see docs/memory.md."""

    observations: dict[str, int]
    linkage: dict[str, int]


def memory_statistics(counted: Mapping[str, int]) -> MemoryStatistics:
    """Return the figures out of all counters."""
    return MemoryStatistics(_words(counted, OBSERVATIONS), _words(counted, LINKAGE))


def _words(counted: Mapping[str, int], begin: str) -> dict[str, int]:
    return {name.removeprefix(begin): number for name, number in sorted(counted.items()) if name.startswith(begin)}
