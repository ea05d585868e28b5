"""PURE. When the link between a configuration's conversations and memory counts as broken: numbers to sentences.

Twilio reports none of this: it closes conversations, answers 2xx, and remembers nothing.
"""

from collections.abc import Mapping
from typing import NamedTuple

CUSTOMERS, UNLINKED = "customers", "unlinked"
EXTRACTING, UNOBSERVED = "extracting", "unobserved"
STORE_GONE = "store_missing"


class Share(NamedTuple):
    """`part` of `whole` is too much from `share` on, where at least `least` were seen."""

    part: str
    whole: str
    share: float
    least: int
    sentence: str


SHARES = (
    Share(UNLINKED, CUSTOMERS, 0.5, 20, "{part} of {whole} customers had no profile when their conversation closed"),
    Share(
        UNOBSERVED, EXTRACTING, 0.8, 10,
        "{part} of {whole} conversations with memory extraction left no observation ten minutes after their end",
    ),
)  # fmt: skip
"""What is looked at over 24 hours. Few may be chance: a wrong number, a call without words."""
LEAST_GONE = 2
"""Times that a memory store answered 404; one may be a store that was being made."""


def broken(counted: Mapping[str, int]) -> tuple[str, ...]:
    """Return a sentence for each thing that is broken by the numbers of a day; none where all is well, or too few."""
    found = []
    gone = counted.get(STORE_GONE, 0)
    if gone >= LEAST_GONE:
        found.append(f"the memory store does not exist (404, {gone} times)")
    for one in SHARES:
        part, whole = counted.get(one.part, 0), counted.get(one.whole, 0)
        if whole >= one.least and part >= one.share * whole:
            found.append(one.sentence.format(part=part, whole=whole))
    return tuple(found)
