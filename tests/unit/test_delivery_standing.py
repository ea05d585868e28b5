"""How far a failing endpoint is on its way to being disabled: a function of its failures and two moments."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.events.delivery import Settled
from workers.delivery.standing import Disable, Warn, measure

HOUR = 3_600_000
NOW = 1_763_647_390_000
HOURS = st.floats(0, 300)
examples = settings(deadline=None, max_examples=50)


def failing(hours: float, *, failures: int = 10, success: float | None = None, warned: int = 0) -> Settled:
    """Return what a failure was recorded as: failing for so many hours, the last success so many hours ago."""
    last = None if success is None else NOW - int(success * HOUR)
    return Settled(True, failures, NOW - int(hours * HOUR), last, warned)  # noqa: FBT003 - what it is called with


@pytest.mark.parametrize(
    ("settled", "since", "expected"),
    [
        # Half of the way, 70 and 90 per cent of it, and its end, from the last success on.
        (failing(59.9, success=59.9), 1000, None),
        (failing(60, success=60), 1000, Warn(50)),
        (failing(83.9, success=83.9, warned=50), 1000, None),
        (failing(84, success=84, warned=50), 1000, Warn(70)),
        (failing(108, success=108, warned=70), 1000, Warn(90)),
        (failing(119.9, success=119.9, warned=90), 1000, None),
        (failing(120, success=120, warned=90), 1000, Disable()),
        (failing(500, success=500), 1000, Disable()),
        # Each warning is given once, and one that was missed is not made up for.
        (failing(60, success=60, warned=50), 1000, None),
        (failing(108, success=108), 1000, Warn(90)),
        (failing(85, success=85, warned=90), 1000, None),
        # Without any success it counts from when the endpoint was made, or enabled.
        (failing(59, failures=99), 60, Warn(50)),
        (failing(120, failures=99), 120, Disable()),
        (failing(13, failures=99), 13, None),
        (failing(100, success=300), 61, Warn(50)),
        (failing(100, success=300), 20, None),
        # A success after it was enabled counts, also where the failures on record are older.
        (failing(130, success=10), 200, None),
        # Less than twelve hours of failures, or fewer than ten, say nothing.
        (failing(11.9, success=500), 1000, None),
        (failing(12, success=500), 1000, Disable()),
        (failing(200, success=500, failures=9), 1000, None),
        (failing(200, success=500, failures=10), 1000, Disable()),
    ],
)
def test_what_a_failure_calls_for(settled: Settled, since: float, expected: Warn | Disable | None) -> None:
    """A warning at 50, 70 and 90 per cent of five days without a success, and then the end."""
    assert expected == measure(settled, NOW - int(since * HOUR), NOW)


def test_a_success_calls_for_nothing() -> None:
    """Nor does an outcome that says nothing of the endpoint."""
    assert measure(Settled(ours=True, warned=90), 0, NOW) is None


@examples
@given(HOURS, HOURS, st.none() | HOURS, st.integers(1, 40), st.sampled_from((0, 50, 70)))
def test_time_never_mends_an_endpoint(
    hours: float, since: float, success: float | None, failures: int, warned: int
) -> None:
    """What is called for becomes graver with time alone, and never milder."""
    settled = failing(hours, failures=failures, success=success, warned=warned)
    made = NOW - int(since * HOUR)
    gravity = [_gravity(measure(settled, made, NOW + step * 6 * HOUR)) for step in range(30)]

    assert sorted(gravity) == gravity


def _gravity(measured: Warn | Disable | None) -> int:
    match measured:
        case None:
            return 0
        case Warn(percent):
            return percent
    return 100
