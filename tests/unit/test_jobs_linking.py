"""When the link between conversations and memory counts as broken."""

import pytest

from workers.jobs.linking import broken


@pytest.mark.parametrize(
    ("counted", "words"),
    [
        ({}, []),
        ({"customers": 19, "unlinked": 19}, []),
        ({"customers": 20, "unlinked": 9}, []),
        ({"customers": 20, "unlinked": 10}, ["profile"]),
        ({"extracting": 9, "unobserved": 9}, []),
        ({"extracting": 10, "unobserved": 7}, []),
        ({"extracting": 10, "unobserved": 8}, ["observation"]),
        ({"store_missing": 1}, []),
        ({"store_missing": 2}, ["store"]),
        ({"store_missing": 3, "customers": 40, "unlinked": 40}, ["store", "profile"]),
    ],
)
def test_a_share_counts_from_a_least_number_on(counted: dict[str, int], words: list[str]) -> None:
    """Few may be chance."""
    found = broken(counted)
    assert len(words) == len(found)

    assert [True] * len(words) == [word in sentence for word, sentence in zip(words, found, strict=True)]
