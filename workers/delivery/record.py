"""PURE. What is recorded of an attempt: its state, its line in the history, and what follows from it."""

import msgspec

from service.attempt.answer import Answer, Answered
from service.events.delivery import Claim, Settlement
from service.events.times import from_milliseconds
from workers.delivery.outcome import Dead, Delivered, Outcome, Retry

DELIVERED_KEPT = 72 * 3600
"""Seconds that the attempts of a delivered event are kept."""
FAILED_KEPT = 30 * 86400
"""Seconds that they are kept once one has failed."""
OURS = frozenset({"internal_error", "event_gone", "crash_loop"})
"""Errors that say nothing of the endpoint."""

_encode = msgspec.json.Encoder().encode


def settlement(
    claim: Claim, body: bytes | None, answer: Answer, outcome: Outcome, *, at_ms: int, ms: int
) -> Settlement:
    """Return what to record of an attempt that began at `at_ms` and took `ms` milliseconds."""
    record = {"at": from_milliseconds(at_ms), "status": _status(answer), "ms": ms, "error": _error(answer)}
    ended = at_ms + ms
    if isinstance(outcome, Delivered):
        kept = DELIVERED_KEPT if claim.attempt == 1 else FAILED_KEPT
        return Settlement(claim=claim, state="delivered", record=_encode(record), life=kept, at_ms=ended)
    due = ended + int(outcome.after * 1000) if isinstance(outcome, Retry) else None
    if due is not None:
        record["next"] = from_milliseconds(due)
    return Settlement(
        claim=claim,
        state="dead" if due is None else "retrying",
        record=_encode(record),
        life=FAILED_KEPT,
        at_ms=ended,
        blames=_error(answer) not in OURS,
        due_ms=due,
        dead=_dead(claim, body, outcome, ended) if isinstance(outcome, Dead) else None,
        answer=answer.body if isinstance(answer, Answered) else None,
    )


def _status(answer: Answer) -> int | None:
    return answer.status if isinstance(answer, Answered) else None


def _error(answer: Answer) -> str | None:
    return None if isinstance(answer, Answered) else answer.error


def _dead(claim: Claim, body: bytes | None, outcome: Dead, at_ms: int) -> bytes:
    content = body.decode() if body else None
    return _encode(
        {
            "reason": outcome.reason,
            "attempts": claim.attempt,
            "at": from_milliseconds(at_ms),
            "previous": claim.previous,
            "entry": claim.entry_id,
            "body": content,
        }
    )


def word(outcome: Outcome) -> str:
    """Return an outcome's name for the log."""
    return "delivered" if isinstance(outcome, Delivered) else "retry" if isinstance(outcome, Retry) else "dead"
