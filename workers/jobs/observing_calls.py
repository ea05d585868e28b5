"""PURE. Which call writes which observations next, and what its failure means.

Memory has no idempotency key, and shows late what it has accepted. So a call is noted before it begins; where its
outcome is unclear, the list is searched a minute later, and only what is not there is sent again.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from service.events.observation import Draft
from service.events.times import fixed_width, from_milliseconds
from service.twilio.errors import (
    ConflictError,
    MissingError,
    RejectedError,
    ThrottledError,
    TwilioError,
    UnauthorizedError,
)
from service.twilio.resources.memory import MOST_AT_ONCE, NewObservation, Observation

SHOWN_AFTER = 60.0
"""Seconds after which Memory shows what it has accepted."""
CLOCKS = 300_000
"""Milliseconds by which Twilio's clock and ours may differ."""
_SECOND = len("2026-11-20T14:03:09")
_MILLISECOND = len("2026-11-20T14:03:09.123")

Failure = Literal["unclear", "not_written", "refused", "missing", "stop"]


class Post(msgspec.Struct, frozen=True):
    """Write these, of one profile, in one call."""

    drafts: tuple[Draft, ...]


class Search(msgspec.Struct, frozen=True):
    """Look which of these, of one profile and under one source, have been written since `after` (ISO 8601)."""

    drafts: tuple[Draft, ...]
    after: str


class Wait(msgspec.Struct, frozen=True):
    """Nothing can be done for so many seconds."""

    seconds: float


def next_call(drafts: Sequence[Draft], now_ms: int, alone: frozenset[str]) -> Post | Search | Wait | None:
    """Return what to do next, None where nothing is left. What waits holds up nothing else.

    `alone` are drafts that are sent singly, since a call with others was refused.
    """
    drafts = sorted(drafts, key=lambda draft: (draft.occurred_at, draft.event_ids, draft.part))
    fresh = [draft for draft in drafts if not draft.begun]
    if fresh:
        return Post(_together(fresh, alone))
    shown = [draft for draft in drafts if now_ms >= draft.begun + SHOWN_AFTER * 1000]
    if shown:
        first = shown[0]
        group = tuple(each for each in shown if _place(each) == _place(first) and each.source == first.source)
        return Search(group, from_milliseconds(max(min(each.begun for each in group) - CLOCKS, 0)))
    waits = [draft.begun + SHOWN_AFTER * 1000 - now_ms for draft in drafts]
    return Wait(min(waits) / 1000) if waits else None


def _place(draft: Draft) -> tuple[str, str]:
    return draft.store_id, draft.profile_id


def _together(fresh: Sequence[Draft], alone: frozenset[str]) -> tuple[Draft, ...]:
    first = fresh[0]
    if first.id in alone:
        return (first,)
    of_profile = [each for each in fresh if _place(each) == _place(first) and each.id not in alone]
    return tuple(of_profile[:MOST_AT_ONCE])


def observation(draft: Draft) -> NewObservation:
    """Return a draft as Memory takes it."""
    at = fixed_width(draft.occurred_at)
    at = f"{at[:_MILLISECOND]}Z" if at else draft.occurred_at
    return NewObservation(draft.content, draft.source, at, (draft.conversation_id,) if draft.conversation_id else ())


def written(drafts: Iterable[Draft], found: Iterable[Observation]) -> tuple[Draft, ...]:
    """Return those drafts that are in the list: the same words, said at the same second. Each item counts for one."""
    held = Counter(_said(each.content, each.occurred_at) for each in found)
    there = []
    for draft in drafts:
        # An item without a time is taken at its word: the list was asked for this source and this window.
        likely = (_said(draft.content, draft.occurred_at), _said(draft.content, None))
        same = next((each for each in likely if held[each]), None)
        if same:
            held[same] -= 1
            there.append(draft)
    return tuple(there)


def _said(content: str, at: str | None) -> tuple[str, str]:
    return content.strip(), (at or "")[:_SECOND]


def meaning(error: TwilioError) -> Failure:
    """Return what a failed POST of observations means.

    `unclear`: they may have been written. `not_written`: certainly not, and it may be tried again. `refused`: Twilio
    does not want at least one of them. `missing`: there is no such store or profile. `stop`: we are not let in.
    """
    if isinstance(error, UnauthorizedError):
        return "stop"
    if isinstance(error, MissingError):
        return "missing"
    if isinstance(error, ThrottledError | ConflictError) or not error.sent:
        return "not_written"
    return "refused" if isinstance(error, RejectedError) else "unclear"
