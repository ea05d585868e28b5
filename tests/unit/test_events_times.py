"""Times as text: one fixed width for what Twilio writes in several."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.events.times import fixed_width, from_milliseconds

examples = settings(deadline=None, max_examples=50)
FIXED = len("2026-11-20T14:03:10.114000Z")
ZONES = st.builds(timezone, st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(lambda d: d // 60 * 60))
# A day from either end, so that no zone leads out of the years that there are.
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=ZONES)  # noqa: DTZ001 - hypothesis adds it


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T14:03:10Z", "2026-11-20T14:03:10.000000Z"),
        ("2026-11-20T14:03:10.114Z", "2026-11-20T14:03:10.114000Z"),
        ("2026-11-20T14:03:10.114999Z", "2026-11-20T14:03:10.114999Z"),
        ("2026-11-20T14:03:10.114999999Z", "2026-11-20T14:03:10.114999Z"),
        ("2026-11-20T14:03:10", "2026-11-20T14:03:10.000000Z"),
        ("2026-11-20T14:03:10+02:00", "2026-11-20T12:03:10.000000Z"),
        ("0987-01-02T03:04:05Z", "0987-01-02T03:04:05.000000Z"),
    ],
)
def test_what_twilio_writes_becomes_one_width(text: str, expected: str) -> None:
    """Fractions of 0, 3, 6 and more digits, and other zones, come out in UTC with 6 digits."""
    assert expected == fixed_width(text)


@pytest.mark.parametrize(
    "value",
    [
        "", "soon", "2026-11-20", "2026-11-20T14:03", "2026-13-20T14:03:10Z", "2026-11-20T14:03:61Z",
        "٢٠٢٦-11-20T14:03:10Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", None, 1763647390, True, {},
        [],
    ],
)  # fmt: skip
def test_what_is_no_time_is_none(value: object) -> None:
    """Dates without a time, nonsense, and what leads out of the calendar are no times."""
    assert fixed_width(value) is None


@examples
@given(MOMENTS, MOMENTS)
def test_fixed_width_compares_as_the_times_do(one: datetime, other: datetime) -> None:
    """Two texts stand in the order of their moments, whatever zones they came in."""
    first, second = fixed_width(one.isoformat()), fixed_width(other.isoformat())
    assert first
    assert second

    assert (one < other, one == other) == (first < second, first == second)
    assert {FIXED} == {len(first), len(second)}


@examples
@given(st.text(max_size=40) | MOMENTS.map(str))
def test_any_text_is_a_time_or_none(text: str) -> None:
    """No text raises."""
    found = fixed_width(text)

    assert found is None or len(found) == FIXED


def test_our_own_times_have_milliseconds() -> None:
    """They are written in UTC with three digits and a Z."""
    at = int(datetime(2026, 11, 20, 14, 3, 10, 7000, UTC).timestamp() * 1000)

    assert "2026-11-20T14:03:10.007Z" == from_milliseconds(at)
