"""Type filters: exact names and patterns."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.endpoints.filters import matching, valid

examples = settings(deadline=None, max_examples=30)
NAMES = st.from_regex(r"[a-z]{1,6}(\.[a-z_-]{1,6}){0,3}", fullmatch=True)


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "conversation.*",
        "conversation.closed",
        "message.in-progress",
        "a.b.*",
        "orchestrator.conversation_archived",
        "classic.onMessageAdded",
        "eventstreams.conversations.message.*",
    ],
)
def test_valid(pattern: str) -> None:
    """Names, patterns and the one for all are valid."""
    assert valid(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "", "**", "conversation*", "*.closed", "conversation.*.x", ".*", "Conversation.closed", "a b", "a.*\n", "é",
        ".", "a" * 128,
    ],
)  # fmt: skip
def test_not_valid(pattern: str) -> None:
    """A star stands alone or after a whole word; names are plain and short, and begin in lower case."""
    assert not valid(pattern)


@pytest.mark.parametrize(
    ("patterns", "name", "expected"),
    [
        (["*"], "conversation.closed", "*"),
        (["conversation.*"], "conversation.closed", "conversation.*"),
        (["conversation.*"], "conversation.x.y", "conversation.*"),
        (["conversation.*"], "conversation", None),
        (["conversation.*"], "conversations.closed", None),
        (["conversation.closed"], "conversation.closed", "conversation.closed"),
        (["conversation.closed"], "conversation.closed.late", None),
        (["message.received", "conversation.*", "*"], "conversation.closed", "conversation.*"),
        ([], "conversation.closed", None),
    ],
)
def test_matching(patterns: list[str], name: str, expected: str | None) -> None:
    """The first pattern that covers the name is the one that matches."""
    assert expected == matching(patterns, name)


@examples
@given(NAMES, NAMES)
def test_a_pattern_matches_what_it_begins(pattern: str, name: str) -> None:
    """A name matches itself and the pattern of each of its beginnings, and nothing that is no beginning."""
    assert (pattern == name) == bool(matching([pattern], name))
    assert name.startswith(f"{pattern}.") == bool(matching([f"{pattern}.*"], name))
