"""What is recorded of an attempt: a function of the claim, the answer and the outcome."""

import json

import pytest

from service.attempt.answer import Answer, Answered, Failed
from service.events.delivery import Claim
from workers.delivery.outcome import Dead, Delivered, Outcome, Retry
from workers.delivery.record import DELIVERED_KEPT, FAILED_KEPT, settlement, word

AT, MS = 1_763_647_390_007, 41
BODY = b'{"id":"evt_one"}'


def claim(attempt: int) -> Claim:
    """Return a delivery at this attempt."""
    return Claim("ep_1", "5-0", "1-0", "evt_one", "3", attempt)


@pytest.mark.parametrize(
    ("answer", "outcome", "expected"),
    [
        (Answered(204), Delivered(), {"status": 204, "error": None}),
        (Answered(500), Retry(5, "status 500"), {"status": 500, "error": None, "next": "2025-11-20T14:03:15.048Z"}),
        (Failed("timeout"), Retry(60, "x"), {"status": None, "error": "timeout", "next": "2025-11-20T14:04:10.048Z"}),
        (Failed("crash_loop"), Dead("crash_loop"), {"status": None, "error": "crash_loop"}),
    ],
)
def test_the_record_of_an_attempt(answer: Answer, outcome: Outcome, expected: dict[str, object]) -> None:
    """It says when it began, how long it took, and what came of it; never what was sent."""
    found = settlement(claim(1), BODY, answer, outcome, at_ms=AT, ms=MS)

    assert {"at": "2025-11-20T14:03:10.007Z", "ms": MS, **expected} == json.loads(found.record)


@pytest.mark.parametrize(
    ("attempt", "outcome", "state", "life"),
    [
        (1, Delivered(), "delivered", DELIVERED_KEPT),
        (2, Delivered(), "delivered", FAILED_KEPT),
        (1, Retry(5, "dns"), "retrying", FAILED_KEPT),
        (10, Dead("gone"), "dead", FAILED_KEPT),
    ],
)
def test_state_and_life(attempt: int, outcome: Outcome, state: str, life: int) -> None:
    """What once failed is remembered longer than what went well at once."""
    found = settlement(claim(attempt), BODY, Answered(200), outcome, at_ms=AT, ms=MS)

    assert (state, life) == (found.state, found.life)


def test_a_retry_is_due_after_the_attempt_has_ended() -> None:
    """The delay counts from its end, and nothing is dead."""
    found = settlement(claim(1), BODY, Answered(500), Retry(5.5, "status 500"), at_ms=AT, ms=MS)

    assert (AT + MS + 5500, None) == (found.due_ms, found.dead)


@pytest.mark.parametrize(("body", "content"), [(BODY, '{"id":"evt_one"}'), (None, None)])
def test_the_dead_own_a_copy(body: bytes | None, content: str | None) -> None:
    """A dead delivery keeps its body for as long as it is listed, and is never due."""
    found = settlement(claim(10), body, Answered(500), Dead("10 attempts failed"), at_ms=AT, ms=MS)
    assert found.dead is not None
    dead = json.loads(found.dead)

    assert found.due_ms is None
    assert ("10 attempts failed", 10, "3", content) == tuple(
        dead[n] for n in ("reason", "attempts", "previous", "body")
    )


@pytest.mark.parametrize(
    ("outcome", "expected"), [(Delivered(), "delivered"), (Retry(1, "x"), "retry"), (Dead("x"), "dead")]
)
def test_words_of_outcomes(outcome: Outcome, expected: str) -> None:
    """The log calls them so."""
    assert expected == word(outcome)
