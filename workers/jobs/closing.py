"""PURE. How a close is decided: from what Twilio has answered so far to the next question, or to the outcome.

Fetch → already CLOSED: done. List the communications → one newer than the decision: cancelled. Still ours? PATCH →
fetch again to confirm. Twilio has no conditional write: the promise is "no traffic visible at our last look".
"""

from enum import Enum, auto

import msgspec

from service.events.times import fixed_width
from service.events.types import CLOSED
from service.twilio.errors import MissingError, RejectedError, TwilioError, UnauthorizedError
from workers.jobs.outcomes import Cancelled, Dead, Done, Outcome, RetryLater, Stop
from workers.jobs.schedule import try_again

_CONFLICT = 409
_SUCCESS = range(200, 300)


class Ask(Enum):
    """What to find out, or do, next."""

    FETCH = auto()
    COMMUNICATIONS = auto()
    LEASE = auto()
    PATCH = auto()
    CONFIRM = auto()


class Seen(msgspec.Struct, frozen=True):
    """A communication: its id, and when it came to be in the fixed width (None: Twilio does not say)."""

    id: str
    at: str | None


class Answers(msgspec.Struct, frozen=True):
    """What has been found out; None: not asked yet. `fetched` and `confirmed` are statuses."""

    fetched: str | TwilioError | None = None
    communications: tuple[Seen, ...] | TwilioError | None = None
    ours: bool | None = None
    patched: str | TwilioError | None = None
    confirmed: str | TwilioError | None = None


class Case(msgspec.Struct, frozen=True):
    """What a decision depends on besides the answers: its time (fixed width), earlier failures, a number in [0, 1)."""

    decided_at: str
    failures: int
    chance: float


def next_step(answers: Answers, case: Case) -> Ask | Outcome:
    """Return what to ask next, or what the attempt has come to."""
    steps = (stage(answers, case) for stage in (_state, _traffic, _lease, _patch, _confirmation))
    return next(step for step in steps if step is not None)


def _state(answers: Answers, case: Case) -> Ask | Outcome | None:
    if isinstance(answers.fetched, TwilioError):
        return failed(answers.fetched, case)
    if answers.fetched == CLOSED:
        return Done("already closed")
    return Ask.FETCH if answers.fetched is None else None


def _traffic(answers: Answers, case: Case) -> Ask | Outcome | None:
    if answers.communications is None:
        return Ask.COMMUNICATIONS
    if isinstance(answers.communications, TwilioError):
        return failed(answers.communications, case)
    return next((found for one in answers.communications if (found := _newer(one, case.decided_at))), None)


def _lease(answers: Answers, _: Case) -> Ask | Outcome | None:
    if answers.ours is None:
        return Ask.LEASE
    # What is recorded after this is refused; whoever has the job now decides.
    return None if answers.ours else RetryLater(0.0, "the lease was lost before the conversation was closed")


def _patch(answers: Answers, case: Case) -> Ask | Outcome | None:
    if answers.patched is None:
        return Ask.PATCH
    # "Already closed" has several forms, none documented: a refusal is judged by what the conversation is then.
    if isinstance(answers.patched, TwilioError) and not _answered(answers.patched):
        return failed(answers.patched, case)
    return None


def _answered(error: TwilioError) -> bool:
    return isinstance(error, RejectedError) or error.status in _SUCCESS


def _confirmation(answers: Answers, case: Case) -> Ask | Outcome:
    if answers.confirmed is None:
        return Ask.CONFIRM
    if isinstance(answers.confirmed, TwilioError):
        return failed(answers.confirmed, case)
    if answers.confirmed == CLOSED:
        return Done("closed")
    if isinstance(answers.patched, RejectedError):
        return failed(answers.patched, case)
    return try_again(case.failures, None, case.chance, f"still {answers.confirmed} after it was closed")


def failed(error: TwilioError, case: Case) -> Outcome:
    """Return the outcome of a call that failed."""
    if isinstance(error, UnauthorizedError):
        return Stop(str(error))
    conflict = error.status == _CONFLICT
    if isinstance(error, MissingError) or (isinstance(error, RejectedError) and not conflict):
        return Dead(str(error))
    return try_again(case.failures, error.retry_after, case.chance, str(error))


def seen(communication_id: str, created_at: str | None, occurred_at: str | None) -> Seen:
    """Return a communication with the time that counts: its creation (Twilio's clock), else when it was said."""
    return Seen(communication_id, fixed_width(created_at) or fixed_width(occurred_at))


def _newer(one: Seen, decided_at: str) -> Cancelled | None:
    """Closing is final and not closing is not, so a communication without any time counts as newer."""
    if one.at is None:
        return Cancelled(f"communication {one.id} carries no time that could be compared")
    if one.at > decided_at:
        return Cancelled(f"communication {one.id} of {one.at} is newer than the decision of {decided_at}")
    return None
