"""PURE. What reconciliation finds missing, and when it looks at a conversation again.

A conversation's own state comes with the list of all open ones. Who takes part and what was said costs a look of two
calls, so a look needs a reason: a change that the list or our own log shows, or time that has passed.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from service.events.event import Event
from service.events.known import Known
from service.events.types import ACTIVE, CLOSED, INACTIVE
from service.twilio.reconstruction import Found, creation, latest
from workers.jobs.outcomes import RetryLater
from workers.jobs.schedule import STEPS, jittered

LIST_PAGE = 1000
"""Conversations that one call lists."""
MOST_LOOKS = 500
"""Looks of one pass; what is left goes on at once in the next."""
CALLS_OF_A_LOOK = 2
"""Participants and communications, a page of 100 each; each further page is one more."""
CALLS_OF_A_SINGLE = 3
"""The same, and the conversation itself, for one that we hold open and that is not in the list."""
MOST_AGAIN, MOST_AGAIN_HOURLY = 50, 500
"""Looks of one pass that nothing but time is a reason for; `hourly` in the pass that comes once an hour."""
HOUR = 3600
SLICE = 30.0
"""Seconds of one pass; what is left goes on at once in the next."""
LONGEST_RETRY = 600.0
"""Seconds until a pass that failed is tried again, at most."""

_FIRST_PAUSE: Mapping[str, int] = {ACTIVE: 60}
_LONGEST_PAUSE: Mapping[str, int] = {ACTIVE: HOUR}
_OTHER_FIRST, _OTHER_LONGEST = HOUR, 24 * HOUR

Reason = Literal["never", "changed", "again"]


class Look(msgspec.Struct, frozen=True, array_like=True):
    """What was seen at the last look: the conversation's `updatedAt` and our sequence, then.

    `at` in seconds since 1970; `pause` in seconds is how long nothing but a change is a reason for another.
    """

    updated_at: str | None = None
    sequence: int = 0
    at: int = 0
    pause: int = 0


def most_calls(conversations: int, changed: int = 0, *, hourly: bool = False) -> int:
    """Return the calls that a pass may cost with so many open conversations, so many of them changed or new.

    Not counted: pages of a look beyond the first, and items that a list shows in part.
    """
    looks = min(changed + (MOST_AGAIN_HOURLY if hourly else MOST_AGAIN), MOST_LOOKS)
    listing = conversations // LIST_PAGE + 1
    return listing + min(changed, MOST_LOOKS) * CALLS_OF_A_SINGLE + max(looks - changed, 0) * CALLS_OF_A_LOOK


def missing(one: Found, known: Known, floor: str, now_ms: int) -> Iterator[Event]:
    """Yield the creation and the latest state of a resource, as far as they are missing and not older than `floor`.

    `floor` is the fixed-width time before which everything is history.
    """
    created = one.creation_id in known.creations
    at = one.created_at or one.updated_at
    if not created and at is not None and at >= floor:
        made = creation(one, now_ms)
        if made is not None:
            created = True
            yield made
    if _is_news(one, known, floor, created=created):
        made = latest(one, now_ms)
        if made is not None:
            yield made


def _is_news(one: Found, known: Known, floor: str, *, created: bool) -> bool:
    ours, status = known.versions.get(one.id), one.status
    if status == CLOSED and known.status != CLOSED and known.sequence:
        # What we hold open is closed, whatever the times say.
        return True
    if one.updated_at is None or one.updated_at < floor or (known.status == CLOSED and status not in {None, CLOSED}):
        return False
    if created and one.updated_at == one.created_at:
        # Never changed since; a callback without `updatedAt` may have left us an older time of its envelope.
        return status not in {None, ACTIVE, known.status}
    if ours is None or one.updated_at > ours:
        return True
    return one.updated_at == ours and status is not None and known.status is not None and status != known.status


def in_order(found: Iterable[Found], known: Known, floor: str, now_ms: int) -> list[Event]:
    """Return what is missing of a conversation and of all that is in it.

    The conversation, who takes part, what was said, each by its creation; that it is closed comes last.
    """
    rank = {"conversation": 0, "participant": 1, "communication": 2}
    ordered = sorted(found, key=lambda one: (rank[one.kind], one.created_at or one.updated_at or ""))
    events = [event for one in ordered for event in missing(one, known, floor, now_ms)]
    return sorted(events, key=lambda event: event.kind == "CONVERSATION_UPDATED" and event.status == CLOSED)


def floor_of(known: Known, since: str, horizon: str) -> str:
    """Return before which time a conversation's resources are history.

    Since installation; and what is older than the log is refused by it where the conversation is unknown.
    """
    return since if known.sequence else max(since, horizon)


def reason(conversation: Found, sequence: int, look: Look | None, now: int) -> Reason | None:
    """Return why to look at an open conversation now, None where there is no reason to; `sequence` is ours."""
    if look is None:
        return "never"
    if look.updated_at != conversation.updated_at or look.sequence != sequence:
        return "changed"
    return "again" if now >= look.at + look.pause else None


def is_history(conversation: Found, known: Known, floor: str) -> bool:
    """Return whether a conversation is unknown to us and was last changed before our time."""
    return not known.sequence and (conversation.updated_at or conversation.created_at or floor) < floor


def looked(conversation: Found, sequence: int, before: Look | None, now: int, *, news: bool) -> Look:
    """Return the record of a look: where it found nothing new, time alone is a reason half as often."""
    status = conversation.status or ""
    first = _FIRST_PAUSE.get(status, _OTHER_FIRST)
    pause = first
    if before is not None and not news and before.pause:
        pause = min(max(before.pause * 2, first), _LONGEST_PAUSE.get(status, _OTHER_LONGEST))
    return Look(conversation.updated_at, sequence, now, pause)


def next_pass(every: float, seconds: float, *, left: bool) -> float:
    """Return the seconds until the next pass: at once where work is left, else `every` after this one began."""
    return 0.0 if left else max(every - seconds, 0.0)


def again_after(failures: int, hint: float | None, chance: float, reason: str) -> RetryLater:
    """Return when to try again a pass that failed: like any job, but for ever, every ten minutes in the end."""
    step = min(STEPS[min(failures, len(STEPS) - 1)], LONGEST_RETRY)
    return RetryLater(max(jittered(step, chance), hint or 0.0), reason)


class Wanted(msgspec.Struct, frozen=True):
    """A conversation to look at, and why. `found` is what the list says; None: it has to be fetched by itself."""

    id: str
    why: Reason
    found: Found | None
    look: Look | None


class Chosen(msgspec.Struct, frozen=True):
    """What a pass looks at, those not looked at for longest first; `left` more have to wait for the next pass."""

    wanted: tuple[Wanted, ...]
    left: int


def chosen(wanted: Iterable[Wanted], *, hourly: bool) -> Chosen:
    """Return what a pass looks at of all that there is a reason for."""
    everything = sorted(wanted, key=lambda one: (one.look.at, one.look.pause) if one.look else (0, 0))
    pressing = [one for one in everything if one.why != "again"]
    room = min(MOST_AGAIN_HOURLY if hourly else MOST_AGAIN, max(MOST_LOOKS - len(pressing), 0))
    again = [one for one in everything if one.why == "again"][:room]
    return Chosen((*pressing[:MOST_LOOKS], *again), max(len(pressing) - MOST_LOOKS, 0))


_PLAIN = {CLOSED: "conversation.closed", INACTIVE: "conversation.inactivated"}


def told_as(event: Event) -> str:
    """Return what a repair is counted as: the public type, as far as the event alone tells it."""
    if event.kind == "CONVERSATION_UPDATED":
        return _PLAIN.get(event.status or "", "conversation.updated")
    return event.kind.lower().replace("_", ".")
