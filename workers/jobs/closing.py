"""PURE. How a close is decided: from what Twilio has answered so far to the next question, or to the outcome.

Fetch → already CLOSED: done. Who wrote, where the rule wants to know → no customer: cancelled. List the communications
→ one newer than the decision: cancelled. Still ours? PATCH → fetch again to confirm. What a rule wants besides is
judged in `guards`. Twilio has no conditional write: the promise is "no traffic visible at our last look".
"""

from enum import Enum, auto

import msgspec

from service.events.types import CLOSED
from service.rules.asked import CloseArguments
from service.twilio.errors import MissingError, RejectedError, ThrottledError, TwilioError, UnauthorizedError
from workers.jobs import guards
from workers.jobs.guards import Fetched, Seen
from workers.jobs.outcomes import Cancelled, Continue, Dead, Done, Outcome, RetryLater, Stop
from workers.jobs.schedule import try_again

_CONFLICT = 409
_SUCCESS = range(200, 300)
_HELD_BACK = 1.0


class Ask(Enum):
    """What to find out, or do, next."""

    FETCH = auto()
    AUTHOR = auto()
    COMMUNICATIONS = auto()
    LEASE = auto()
    PATCH = auto()
    CONFIRM = auto()


class Answers(msgspec.Struct, frozen=True):
    """What has been found out; None: not asked yet.

    `author` is Twilio's type of who wrote, '' where nobody of that name takes part. `confirmed` is a status.
    """

    fetched: Fetched | TwilioError | None = None
    communications: tuple[Seen, ...] | TwilioError | None = None
    ours: bool | None = None
    patched: str | TwilioError | None = None
    confirmed: str | TwilioError | None = None
    author: str | TwilioError | None = None


class Case(msgspec.Struct, frozen=True):
    """What a decision depends on besides the answers.

    Its time (fixed width), earlier failures, a number in [0, 1), and what the rule wants looked at.
    """

    decided_at: str
    failures: int
    chance: float
    wanted: CloseArguments = CloseArguments()


def next_step(answers: Answers, case: Case) -> Ask | Outcome:
    """Return what to ask next, or what the attempt has come to."""
    steps = (stage(answers, case) for stage in (_state, _author, _traffic, _lease, _patch, _confirmation))
    return next(step for step in steps if step is not None)


def _state(answers: Answers, case: Case) -> Ask | Outcome | None:
    if answers.fetched is None:
        return Ask.FETCH
    if isinstance(answers.fetched, TwilioError):
        return failed(answers.fetched, case)
    if answers.fetched.status == CLOSED:
        return Done("already closed")
    return _cancelled(guards.configuration(case.wanted, answers.fetched))


def _author(answers: Answers, case: Case) -> Ask | Outcome | None:
    if case.wanted.author is None:
        return None
    if answers.author is None:
        return Ask.AUTHOR
    if isinstance(answers.author, TwilioError):
        return failed(answers.author, case)
    return _cancelled(guards.author(case.wanted.author, answers.author))


def _traffic(answers: Answers, case: Case) -> Ask | Outcome | None:
    if answers.communications is None:
        return Ask.COMMUNICATIONS
    if isinstance(answers.communications, TwilioError):
        return failed(answers.communications, case)
    status = answers.fetched.status if isinstance(answers.fetched, Fetched) else ""
    return _cancelled(
        guards.newer(case.wanted, answers.communications, case.decided_at)
        or guards.channels(case.wanted, answers.communications)
        or guards.elsewhere(case.wanted, answers.communications, status, case.decided_at)
    )


def _cancelled(reason: str | None) -> Cancelled | None:
    return None if reason is None else Cancelled(reason)


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
    if isinstance(error, ThrottledError) and not error.sent:
        # Held back by ourselves, since others were told to slow down: no attempt was made. Not all at the same moment:
        # what finds no place then would only come back once more.
        return Continue((error.retry_after or _HELD_BACK) * (1 + case.chance), str(error))
    conflict = error.status == _CONFLICT
    if isinstance(error, MissingError) or (isinstance(error, RejectedError) and not conflict):
        return Dead(str(error))
    return try_again(case.failures, error.retry_after, case.chance, str(error))
