"""PURE. When to try again: a visible list, and a function of the attempt, the answer, the clock and a random number."""

from datetime import UTC
from email.utils import parsedate_to_datetime

from service.attempt.answer import Answer, Answered, Failed
from service.endpoints.endpoint import DisabledReason
from workers.delivery.outcome import Dead, Delivered, Outcome, Retry

DELAYS = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds after the first, second, … failed attempt; ten attempts over about 76 hours."""
SPREAD = 0.2
"""Each delay is multiplied by a factor between 1 - SPREAD and 1 + SPREAD."""
BUSY_DELAY = 60.0
"""Least seconds after an answer, or a silence, that speaks of overload."""
LONGEST_HINT = 86400.0
"""Most seconds that a Retry-After is believed."""

DISABLE = "disable"
"""What a subscriber answers in `webhook-delivery` where it wants nothing more at all."""
ABORT = "abort-message"
"""What a subscriber answers in `webhook-delivery` where this one is not to be sent again."""

_BUSY = frozenset({429, 502, 503, 504})
_SILENCE = frozenset({"timeout", "dns_timeout"})
_HINTED = frozenset({429, 503})
_SUCCESS = range(200, 300)
_GONE = 410


def judge(answer: Answer, attempt: int, now: float, chance: float) -> Outcome:
    """Return what follows from the answer to attempt number `attempt` (from 1) of a schedule.

    `now` is seconds since 1970, `chance` a random number in [0, 1). Redirects are failures like others.
    """
    if isinstance(answer, Answered) and answer.status in _SUCCESS:
        return Delivered()
    if isinstance(answer, Answered) and (answer.status == _GONE or answer.control in {ABORT, DISABLE}):
        return Dead("status 410: gone" if answer.status == _GONE else f"the subscriber answered {answer.control}")
    reason = f"status {answer.status}" if isinstance(answer, Answered) else answer.error
    if attempt > len(DELAYS):
        return Dead(f"{attempt} attempts failed, the last with {reason}")
    delay = DELAYS[attempt - 1] * (1 - SPREAD + 2 * SPREAD * chance)
    return Retry(max(delay, _least(answer, now)), reason)


def disables(answer: Answer) -> DisabledReason | None:
    """Return why an answer disables its endpoint: 410 (RFC 9110, 15.5.11), or the subscriber's own word; else None."""
    if isinstance(answer, Failed):
        return None
    if answer.status == _GONE:
        return "gone"
    return "asked" if answer.control == DISABLE else None


def _least(answer: Answer, now: float) -> float:
    if isinstance(answer, Failed):
        return BUSY_DELAY if answer.error in _SILENCE else 0.0
    least = BUSY_DELAY if answer.status in _BUSY else 0.0
    hint = retry_after(answer.retry_after, now) if answer.status in _HINTED else None
    return least if hint is None else max(least, hint)


def retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110, 10.2.3), at most a day; None for nonsense."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), LONGEST_HINT)
    try:
        at = parsedate_to_datetime(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = at.timestamp() - now
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_HINT)
