"""What follows from an answer: 410, the subscriber's own word, and what holds for every answer there can be."""

from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.attempt.answer import Answer, Answered, Failed
from workers.delivery.outcome import Dead, Delivered, Retry
from workers.delivery.schedule import DELAYS, disables, judge, retry_after

NOW = 1_763_647_390.0
LAST = len(DELAYS) + 1
DAY = 86400.0
examples = settings(deadline=None, max_examples=100)
CHANCES = st.floats(0, 1, exclude_max=True)
HINTS = st.none() | st.text(max_size=20) | st.integers(0, 10**9).map(str) | st.floats(0, 2 * NOW).map(formatdate)
CONTROLS = st.sampled_from([None, "disable", "abort-message", "Disable", "abort-message ", ""]) | st.text(max_size=9)
STATUSES = st.integers(100, 599)
OTHER_STATUSES = st.sampled_from([408, 500, 502, 504]) | STATUSES.filter(lambda status: status not in {429, 503})
ANSWERS = st.builds(Answered, STATUSES, HINTS, CONTROLS) | st.sampled_from(
    ["timeout", "dns", "connect", "tls", "network", "internal_error"]
).map(Failed)


@pytest.mark.parametrize("attempt", [1, LAST])
@pytest.mark.parametrize(
    ("answer", "expected", "disabled"),
    [
        (Answered(410), Dead("status 410: gone"), "gone"),
        (Answered(410, control="disable"), Dead("status 410: gone"), "gone"),
        (Answered(410, control="abort-message"), Dead("status 410: gone"), "gone"),
        (Answered(500, control="abort-message"), Dead("the subscriber answered abort-message"), None),
        (Answered(429, "60", "abort-message"), Dead("the subscriber answered abort-message"), None),
        (Answered(500, control="disable"), Dead("the subscriber answered disable"), "asked"),
        (Answered(204, control="abort-message"), Delivered(), None),
        (Answered(200, control="disable"), Delivered(), "asked"),
    ],
)
def test_an_answer_that_says_more_than_its_status(
    answer: Answered, expected: Delivered | Dead, disabled: str | None, attempt: int
) -> None:
    """410 and `disable` end an endpoint, `abort-message` a delivery; what was taken with 2xx has arrived."""
    assert (expected, disabled) == (judge(answer, attempt, NOW, 0.5), disables(answer))


@pytest.mark.parametrize("control", ["disabled", "DISABLE", "abort", "retry", "", None])
def test_words_that_nobody_agreed_on(control: str | None) -> None:
    """They change nothing."""
    answer = Answered(500, control=control)

    assert (Retry(5.0, "status 500"), None) == (judge(answer, 1, NOW, 0.5), disables(answer))


@examples
@given(ANSWERS, st.integers(1, 30), CHANCES)
def test_every_answer_has_one_outcome(answer: Answer, attempt: int, chance: float) -> None:
    """2xx and nothing else has arrived; a retry comes within 4 s and 28.8 h; after the tenth attempt there is none."""
    outcome = judge(answer, attempt, NOW, chance)
    arrived = isinstance(answer, Answered) and 200 <= answer.status < 300

    assert arrived == isinstance(outcome, Delivered)
    assert not isinstance(outcome, Retry) or (attempt < LAST and 4 <= outcome.after <= 1.2 * DAY)


@examples
@given(ANSWERS, CHANCES)
def test_patience_never_shrinks(answer: Answer, chance: float) -> None:
    """The same answer to a later attempt brings a retry no sooner."""
    outcomes = [judge(answer, attempt, NOW, chance) for attempt in range(1, LAST)]
    delays = [outcome.after for outcome in outcomes if isinstance(outcome, Retry)]

    assert sorted(delays) == delays
    assert len(delays) in {0, LAST - 1}


@examples
@given(
    st.builds(Answered, st.sampled_from([429, 502, 503, 504]), HINTS) | st.just(Failed("timeout")),
    st.integers(1, LAST - 1),
    CHANCES,
)
def test_who_is_overloaded_gets_a_minute(answer: Answer, attempt: int, chance: float) -> None:
    """At least, whatever it says itself."""
    outcome = judge(answer, attempt, NOW, chance)

    assert isinstance(outcome, Retry)
    assert outcome.after >= 60


@examples
@given(OTHER_STATUSES, HINTS, st.integers(1, 30), CHANCES)
def test_a_hint_counts_with_two_statuses_only(status: int, hint: str | None, attempt: int, chance: float) -> None:
    """Beside any other than 429 and 503 Retry-After says nothing."""
    assert judge(Answered(status), attempt, NOW, chance) == judge(Answered(status, hint), attempt, NOW, chance)


@examples
@given(st.sampled_from([429, 503]), st.integers(0, 10**7), st.integers(1, LAST - 1), CHANCES)
def test_a_hint_only_adds_patience(status: int, hint: int, attempt: int, chance: float) -> None:
    """The larger of the step and the hint, which is believed up to a day."""
    without = judge(Answered(status), attempt, NOW, chance)
    hinted = judge(Answered(status, str(hint)), attempt, NOW, chance)

    assert isinstance(without, Retry)
    assert Retry(max(without.after, min(hint, DAY)), f"status {status}") == hinted


@examples
@given(st.text() | st.text("0123456789.,:+-/ ()eGMTZUCWedFriJanDec\t\0", max_size=60), st.floats(0, 1e11))
def test_whatever_stands_in_retry_after(text: str, now: float) -> None:
    """It is nothing, or some seconds of the next day; it never raises."""
    found = retry_after(text, now)

    assert found is None or 0 <= found <= DAY
