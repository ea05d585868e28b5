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

_encode = msgspec.json.Encoder().encode


def settlement(
    claim: Claim, body: bytes | None, answer: Answer, outcome: Outcome, *, at_ms: int, ms: int
) -> Settlement:
    """Return what to record of an attempt that began at `at_ms` and took `ms` milliseconds."""
    status = answer.status if isinstance(answer, Answered) else None
    error = None if isinstance(answer, Answered) else answer.error
    record = _encode({"at": from_milliseconds(at_ms), "status": status, "ms": ms, "error": error})
    if isinstance(outcome, Retry):
        due = at_ms + ms + int(outcome.after * 1000)
        return Settlement(claim=claim, state="retrying", record=record, life=FAILED_KEPT, due_ms=due)
    if isinstance(outcome, Dead):
        dead = _dead(claim, body, outcome, at_ms + ms)
        return Settlement(claim=claim, state="dead", record=record, life=FAILED_KEPT, dead=dead)
    kept = DELIVERED_KEPT if claim.attempt == 1 else FAILED_KEPT
    return Settlement(claim=claim, state="delivered", record=record, life=kept)


def _dead(claim: Claim, body: bytes | None, outcome: Dead, at_ms: int) -> bytes:
    content = body.decode() if body else None
    return _encode(
        {
            "reason": outcome.reason,
            "attempts": claim.attempt,
            "at": from_milliseconds(at_ms),
            "previous": claim.previous,
            "body": content,
        }
    )


def word(outcome: Outcome) -> str:
    """Return an outcome's name for the log."""
    return "delivered" if isinstance(outcome, Delivered) else "retry" if isinstance(outcome, Retry) else "dead"
