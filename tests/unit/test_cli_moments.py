"""Moments as people type them, and as they are shown."""

import pytest

from service.cli.moments import moment, told

NOW = 1_763_647_390_007


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", NOW - 30_000),
        ("30m", NOW - 1_800_000),
        (" 2H ", NOW - 7_200_000),
        ("7d", NOW - 604_800_000),
        ("999999999d", 0),
        ("2025-11-20T14:00:00Z", 1_763_647_200_000),
        ("2025-11-20T15:00:00.250+01:00", 1_763_647_200_250),
        ("1969-01-01T00:00:00Z", 0),
        ("", None),
        ("2", None),
        ("yesterday", None),
        ("-2h", None),
        ("\N{ARABIC-INDIC DIGIT TWO}h", None),
        ("2025-11-20", None),
    ],
)
def test_a_moment_is_a_time_or_how_long_ago(text: str, expected: int | None) -> None:
    """Nothing before 1970, and nothing of what is neither."""
    assert expected == moment(text, NOW)


@pytest.mark.parametrize(("at", "expected"), [("2025-11-20T14:00:00.007Z", "2025-11-20 14:00:00.007"), (None, "-")])
def test_times_are_shown_to_people(at: str | None, expected: str) -> None:
    """A time that there is none of is a dash."""
    assert expected == told(at)
