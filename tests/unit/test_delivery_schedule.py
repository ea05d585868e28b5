"""When to try again: a function of the attempt, the answer, the clock and a random number."""

from email.utils import formatdate

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.attempt.answer import Answered, Failed
from workers.delivery.outcome import Dead, Delivered, Retry
from workers.delivery.schedule import DELAYS, judge, retry_after

NOW = 1_763_647_390.5
LAST = len(DELAYS) + 1
examples = settings(deadline=None, max_examples=50)
CHANCES = st.floats(0, 1, exclude_max=True)
DATE_PARTS = ["Thu,", "20", "Nov", "2025", "14:03:30", "GMT", "+9999", "-0000", "(", ")", ":", "-", "0", "9" * 11]
STATUSES = st.integers(100, 599)


def delay(answer: Answered | Failed, attempt: int = 1, chance: float = 0.5) -> float:
    """Return the seconds until the next attempt, which there must be."""
    outcome = judge(answer, attempt, NOW, chance)
    assert isinstance(outcome, Retry)
    return outcome.after


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
@pytest.mark.parametrize("attempt", [1, LAST])
def test_success(status: int, attempt: int) -> None:
    """Every 2xx is success, at any attempt."""
    assert Delivered() == judge(Answered(status), attempt, NOW, 0.5)


@pytest.mark.parametrize("status", [100, 199, 300, 301, 307, 400, 401, 404, 408, 425, 500, 599])
def test_every_other_status_is_tried_again(status: int) -> None:
    """Redirects and refusals too; after five seconds at first."""
    assert Retry(5.0, f"status {status}") == judge(Answered(status), 1, NOW, 0.5)


def test_the_list_of_delays() -> None:
    """Ten attempts: at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h."""
    expected = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]

    assert expected == [pytest.approx(delay(Answered(500), attempt)) for attempt in range(1, LAST)]


@pytest.mark.parametrize("answer", [Answered(500), Answered(503, "5"), Failed("timeout")])
def test_the_tenth_failure_is_the_last(answer: Answered | Failed) -> None:
    """Then the delivery is dead, and the reason says of what."""
    outcome = judge(answer, LAST, NOW, 0.5)

    assert isinstance(outcome, Dead)
    assert outcome.reason.startswith("10 attempts failed, the last with ")


@examples
@given(st.integers(1, LAST - 1), CHANCES)
def test_jitter_is_a_fifth_either_way(attempt: int, chance: float) -> None:
    """No delay is further than 20 % from its step."""
    assert 0.8 <= delay(Answered(500), attempt, chance) / DELAYS[attempt - 1] <= 1.2 + 1e-9


@examples
@given(STATUSES, st.none() | st.text(), st.integers(1, 20), CHANCES)
def test_every_delay_is_bounded(status: int, hint: str | None, attempt: int, chance: float) -> None:
    """Between four seconds and a day and a fifth, whatever the subscriber says."""
    outcome = judge(Answered(status, hint), attempt, NOW, chance)

    assert not isinstance(outcome, Retry) or 4 <= outcome.after <= 86400 * 1.2


@examples
@given(st.sampled_from([Answered(500), Answered(503), Answered(429, "77"), Failed("timeout")]), CHANCES)
def test_patience_grows(answer: Answered | Failed, chance: float) -> None:
    """The same answer and chance never make a later delay shorter than an earlier one."""
    delays = [delay(answer, attempt, chance) for attempt in range(1, LAST)]

    assert sorted(delays) == delays


@pytest.mark.parametrize("answer", [*map(Answered, (429, 502, 503, 504)), Failed("timeout")])
def test_overload_gets_a_minute(answer: Answered | Failed) -> None:
    """After an answer, or a silence, that speaks of overload, at least 60 s; later steps are longer anyway."""
    assert [60.0, 300.0] == [pytest.approx(delay(answer, attempt)) for attempt in (1, 2)]


@pytest.mark.parametrize("error", ["dns", "connect", "tls", "refused_address", "disconnected"])
def test_other_failures_follow_the_list(error: str) -> None:
    """A refused connection is tried again after 5 s."""
    assert Retry(5.0, error) == judge(Failed(error), 1, NOW, 0.5)


@pytest.mark.parametrize(
    ("status", "hint", "expected"),
    [
        (429, "120", 120), (503, "120", 120), (503, "1", 60), (503, "999999", 86400), (503, "soon", 60),
        (503, "-5", 60), (500, "120", 5), (502, "120", 60), (504, "120", 60), (200 + 102, "120", 5),
        (429, formatdate(NOW + 600, usegmt=True), 599.5), (503, formatdate(NOW - 600, usegmt=True), 60),
    ],
)  # fmt: skip
def test_retry_after_counts_on_429_and_503(status: int, hint: str, expected: float) -> None:
    """The larger of step and hint, the hint capped at a day, nonsense and other statuses ignored."""
    assert expected == delay(Answered(status, hint))


def test_a_hint_does_not_shorten_a_step() -> None:
    """The second retry waits its five minutes."""
    assert 300 == pytest.approx(delay(Answered(503, "120"), 2))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0), ("17", 17), (" 17 ", 17), ("9" * 400, 86400), ("Thu, 20 Nov 2025 14:03:30 GMT", 19.5),
        ("Thu, 20 Nov 2025 15:03:30 +0100", 19.5), ("Thu, 20 Nov 2025 14:03:30", 19.5),
        ("Wed, 19 Nov 2025 14:03:30 GMT", 0), ("Fri, 20 Nov 2099 14:03:30 GMT", 86400),
        (None, None), ("", None), ("-1", None), ("+1", None), ("1.5", None), ("\u0661\u0667", None),
        ("1e3", None), ("0x1", None),
        ("Thu, 99 Nov 2025 14:03:30 GMT", None), ("2025-11-20T14:03:30Z", None), ("inf", None), ("nan", None),
    ],
)  # fmt: skip
def test_reading_retry_after(text: str | None, expected: float | None) -> None:
    """Seconds, or a date as RFC 9110 has them; anything else is nothing."""
    assert expected == retry_after(text, NOW)


@settings(deadline=None, max_examples=50)
@given(
    st.text()
    | st.text(alphabet="0123456789:-+, ()GMTThuNov.", max_size=40)
    | st.lists(st.sampled_from(DATE_PARTS), max_size=8).map(" ".join)
)
@example("0 0 0 0")
@example("-")
def test_any_retry_after_is_read(text: str) -> None:
    """No text raises or leads out of the day."""
    found = retry_after(text, NOW)

    assert found is None or 0 <= found <= 86400
