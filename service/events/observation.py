"""PURE. An observation on its way into Conversation Memory: composed once, and the same on each attempt."""

import hashlib

import msgspec

_DIGITS = 32


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    """One observation that is not known to be written yet.

    `occurred_at` is in the fixed width, `event_ids` are the events that it tells of, `part` (from 0) is its place where
    it was too long for one. `begun` is when (ms since 1970)
    a call began that may have written it, 0 where none has: it is kept apart, and joined when the draft is read.
    """

    id: str
    store_id: str
    profile_id: str
    content: str
    source: str
    occurred_at: str
    conversation_id: str
    event_ids: tuple[str, ...]
    part: int = 0
    begun: int = 0


def draft_id(profile_id: str, event_ids: tuple[str, ...], source: str, part: int, content: str) -> str:
    """Return `obs_` and 32 hexadecimal digits: the same profile, events and words are the same observation for ever."""
    parts = (profile_id, *event_ids, source, str(part), content)
    return "obs_" + hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
