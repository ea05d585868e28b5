"""PURE. Which event types an endpoint wants: exact names, or patterns such as `conversation.*`."""

import re
from collections.abc import Iterable

# Capitals for the events of classic Conversations, whose own names are kept: classic.onMessageAdded.
_PATTERN = re.compile(r"[a-z0-9][A-Za-z0-9_.-]{0,126}|(?:[a-z0-9][A-Za-z0-9_.-]{0,124}\.)?\*")


def valid(pattern: str) -> bool:
    """Return whether a text is a type name, a `<prefix>.*` pattern, or `*`."""
    return _PATTERN.fullmatch(pattern) is not None


def matching(patterns: Iterable[str], name: str) -> str | None:
    """Return the first pattern that an event type matches, or None.

    `conversation.*` matches `conversation.closed` and `conversation.x.y`, never `conversation` or `conversations.x`.
    """
    for pattern in patterns:
        if pattern == name or (pattern[-1:] == "*" and name.startswith(pattern[:-1])):
            return pattern
    return None
