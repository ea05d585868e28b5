"""When a job is tried again, and how long to wait for Redis."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.jobs.outcomes import Dead, RetryLater
from workers.jobs.schedule import LONGEST_PAUSE, STEPS, reconnect_pause, try_again

CHANCES = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(("failures", "seconds"), [*enumerate([10, 30, 120, 600, 1800, 7200])])
def test_each_failure_waits_for_its_step(failures: int, seconds: float) -> None:
    """With an even chance the step is taken as it stands."""
    outcome = try_again(failures, None, 0.5, "why")

    assert isinstance(outcome, RetryLater)
    assert pytest.approx(seconds) == outcome.after


def test_after_the_last_step_a_job_is_dead() -> None:
    """The seventh failure is the last."""
    assert Dead("given up after 7 attempts: why") == try_again(6, None, 0.5, "why")


@given(st.integers(0, 5), CHANCES, st.none() | st.floats(0, 86400))
def test_a_wait_is_jittered_and_never_shorter_than_the_hint(failures: int, chance: float, hint: float | None) -> None:
    """The larger of step and hint counts."""
    outcome = try_again(failures, hint, chance, "why")

    assert isinstance(outcome, RetryLater)
    assert outcome.after >= (hint or 0)
    assert STEPS[failures] * 0.8 <= max(outcome.after, 0) <= max(STEPS[failures] * 1.2, hint or 0)


@given(st.integers(0, 10**6), CHANCES)
def test_pauses_for_redis_are_never_tight_and_never_long(failures: int, chance: float) -> None:
    """From 0.1 to 5 s, each with its jitter."""
    assert 0.08 <= reconnect_pause(failures, chance) <= LONGEST_PAUSE * 1.2


def test_pauses_for_redis_double() -> None:
    """The first ones are short: most outages are."""
    assert pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0]) == [reconnect_pause(n, 0.5) for n in range(7)]
