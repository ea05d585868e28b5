"""PURE. From what was said to observations: fragments joined, templates filled, what is too long split at a sentence.

https://www.twilio.com/docs/conversations/memory
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from service.events.observation import Draft, draft_id
from service.rules.asked import Gathered
from service.rules.templates import filled

LONGEST = 4096
"""Characters of one observation."""
GAP = timedelta(seconds=3)
"""Between the beginnings of two communications of one author on one channel; what follows later is said anew."""
QUIET = 3000
"""Milliseconds without a word after which an utterance counts as whole."""
LONGEST_UTTERANCE = 60_000
"""Milliseconds after which it is written down although its author has not stopped."""

# A sentence ends with a mark and a blank, or with a mark of a script that writes none.
_SENTENCE = re.compile(r"[.!?…]['\")\]]?\s|[。\uff01\uff1f]|\n")
_WORD = re.compile(r"\s")


class Spoken(msgspec.Struct, frozen=True):
    """A gathered communication with its words; `entry` is how it was gathered, `arrived` when it was stored (ms)."""

    entry: str
    gathered: Gathered
    text: str
    arrived: int


class Utterance(msgspec.Struct, frozen=True):
    """What one author said at a stretch: at least one communication, in order, all gathered by one rule."""

    parts: tuple[Spoken, ...]

    @property
    def first(self) -> Gathered:
        """What the rule wants of all of them."""
        return self.parts[0].gathered

    @property
    def text(self) -> str:
        """The words, joined by blanks."""
        return " ".join(part.text.strip() for part in self.parts if part.text.strip())


class Target(msgspec.Struct, frozen=True):
    """Whose memory is written: a profile, in a store."""

    store_id: str
    profile_id: str


def utterances(spoken: Iterable[Spoken]) -> tuple[Utterance, ...]:
    """Return what one author said, fragments of one utterance joined, in the order in which it was said."""
    held: dict[tuple[str, str, str | None], list[list[Spoken]]] = {}
    for one in sorted(spoken, key=lambda each: (each.gathered.occurred_at, each.arrived)):
        said = held.setdefault((one.gathered.template, one.gathered.source, one.gathered.channel), [])
        if said and _follows(said[-1][-1].gathered.occurred_at, one.gathered.occurred_at):
            said[-1].append(one)
        else:
            said.append([one])
    found = [Utterance(tuple(parts)) for each in held.values() for parts in each]
    return tuple(sorted(found, key=lambda each: each.first.occurred_at))


def _follows(before: str, after: str) -> bool:
    try:
        return datetime.fromisoformat(after) - datetime.fromisoformat(before) < GAP
    except (ValueError, TypeError):
        # A time that cannot be read joins nothing.
        return False


def unfinished(utterance: Utterance, now_ms: int) -> float:
    """Return the seconds for which more of an utterance may still come; 0 where it counts as whole.

    Counted from when its communications were stored: Twilio tells of a piece some time after it was begun.
    """
    first, last = utterance.parts[0].arrived, max(part.arrived for part in utterance.parts)
    left = last + QUIET - now_ms
    return left / 1000 if left > 0 and now_ms - first < LONGEST_UTTERANCE else 0.0


def said(utterance: Utterance, target: Target) -> tuple[Draft, ...]:
    """Return the observations of one utterance; none where nothing was said."""
    if not utterance.text:
        return ()
    first = utterance.first
    values = {"text": utterance.text, "channel": first.channel or "", "at": first.occurred_at}
    events = tuple(part.gathered.event_id for part in utterance.parts)
    content = filled(first.template, values)
    return drafts(target, content, first.source, first.occurred_at, first.conversation_id, events)


def drafts(
    target: Target, content: str, source: str, occurred_at: str, conversation_id: str, event_ids: tuple[str, ...]
) -> tuple[Draft, ...]:
    """Return the observations that hold a content together; none where it is blank."""
    return tuple(
        Draft(
            id=draft_id(target.profile_id, event_ids, source, number, part),
            store_id=target.store_id,
            profile_id=target.profile_id,
            content=part,
            source=source,
            occurred_at=occurred_at,
            conversation_id=conversation_id,
            event_ids=event_ids,
            part=number,
        )
        for number, part in enumerate(split(content))
    )


def split(text: str, longest: int = LONGEST) -> tuple[str, ...]:
    """Return a text in parts of at most so many characters: cut behind a sentence, else behind a word, else anywhere.

    Blanks at the ends are left out, and a text of nothing else has no part.
    """
    parts = []
    text = text.strip()
    while len(text) > longest:
        end = _last(_SENTENCE, text, longest) or _last(_WORD, text, longest) or longest
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return (*parts, text) if text else tuple(parts)


def _last(pattern: re.Pattern[str], text: str, longest: int) -> int:
    """Return where the last match ends whose visible part fits, 0 where there is none."""
    # One more than fits, for the blank that goes.
    ends = [match.end() for match in pattern.finditer(text[: longest + 1])]
    return next((end for end in reversed(ends) if len(text[:end].rstrip()) <= longest), 0)
