"""The breaker: it opens by what the attempts of the last five minutes came to, never by a few, never by a minority."""

from collections.abc import Sequence
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.delivery.breaker import Results

# The rule as it is written down, not as the module has it.
PERIOD, STEP, LEAST, SHARE = 300, 10, 10, 0.7
Noted = Sequence[tuple[float, bool]]
examples = settings(deadline=None, max_examples=50)
# Seconds between two results: mostly close together, sometimes further apart than results count.
GAPS = st.floats(0, 15) | st.floats(0, 2 * PERIOD)
RESULTS = st.lists(st.tuples(GAPS, st.booleans()), min_size=1, max_size=60)


def timed(gaps: Sequence[tuple[float, bool]]) -> list[tuple[float, bool]]:
    """Return results with their times instead of the gaps between them."""
    return list(zip(accumulate(gap for gap, _ in gaps), (failed for _, failed in gaps), strict=True))


def counted(results: Noted) -> Results:
    """Return what counts these results."""
    made = Results()
    for at, failed in results:
        made.note(at, failed=failed)
    return made


def should_open(results: Noted) -> bool:
    """Return the rule itself, of results that all count."""
    failures = sum(failed for _, failed in results)
    return len(results) >= LEAST and failures >= SHARE * len(results)


@examples
@given(RESULTS, GAPS)
def test_it_agrees_with_a_list_of_all_results(gaps: list[tuple[float, bool]], later: float) -> None:
    """Results count for five minutes, up to the ten seconds that are counted together."""
    results = timed(gaps)
    now = results[-1][0] + later
    # What is certainly too old is left out; of what is nearly as old some more may be.
    certain = sum(at < now - PERIOD for at, _ in results)
    possible = sum(at <= now - PERIOD + STEP for at, _ in results)
    allowed = {should_open(results[begin:]) for begin in range(certain, possible + 1)}

    assert counted(results).open(now) in allowed


@examples
@given(RESULTS, GAPS)
def test_asking_on_the_way_changes_nothing(gaps: list[tuple[float, bool]], later: float) -> None:
    """However often it is asked, what is old goes once."""
    results = timed(gaps)
    now = results[-1][0] + later
    asked = Results()
    for at, failed in results:
        asked.note(at, failed=failed)
        asked.open(at)

    assert counted(results).open(now) == asked.open(now)


@examples
@given(st.lists(st.tuples(GAPS, st.booleans()), min_size=1, max_size=LEAST - 1))
def test_a_few_results_say_nothing(gaps: list[tuple[float, bool]]) -> None:
    """Nine failures in a row leave it closed."""
    results = timed(gaps)

    assert not counted(results).open(results[-1][0])


@examples
@given(st.integers(LEAST, 200), st.data())
def test_a_minority_does_not_open_it(number: int, data: st.DataObject) -> None:
    """Below 70 per cent of failures it stays closed, in whatever order they come; from there on it opens."""
    most = next(failures for failures in range(number, -1, -1) if failures < SHARE * number)
    order = data.draw(st.permutations([True] * most + [False] * (number - most)))
    results = [(0.5 * n, failed) for n, failed in enumerate(order)]
    at = results[-1][0]

    assert [False, True] == [
        counted(results).open(at),
        counted([*results, *((at, True) for _ in range(4))]).open(at),
    ]


@pytest.mark.parametrize(("later", "expected"), [(0, True), (PERIOD - STEP, True), (PERIOD + STEP, False)])
def test_results_count_for_five_minutes(later: float, expected: bool) -> None:  # noqa: FBT001 - a parameter
    """Ten failures of one moment open it until then, and no longer."""
    assert expected == counted([(100.0, True)] * LEAST).open(100.0 + later)


@examples
@given(RESULTS)
def test_forgotten_results_count_no_more(gaps: list[tuple[float, bool]]) -> None:
    """After a pause it takes as many failures to open again as it took the first time."""
    results = timed(gaps)
    found = counted(results)
    found.forget()
    at = results[-1][0]
    opened = []
    for _ in range(LEAST):
        found.note(at, failed=True)
        opened.append(found.open(at))

    assert [False] * (LEAST - 1) + [True] == opened


def test_what_is_counted_does_not_grow() -> None:
    """An endpoint that answers for a day without a failure costs no more than one that does so for five minutes."""
    found = Results()
    for second in range(0, 86400, 5):
        found.note(float(second), failed=False)

    assert PERIOD / STEP + 2 >= len(found._steps)  # noqa: SLF001 - memory is what this is about
