"""The pure parts of the bench: what is said of what was measured."""

import msgspec
import pytest

from service.bench.figures.everything import FIGURES, NAMES
from service.bench.figures.figure import Limit, Round, Row, all_met, order, rows
from service.bench.figures.jobs import FIGURES as OF_JOBS
from tests.bench_rounds import made, row


def test_rounds_go_there_and_back() -> None:
    """What is measured first in one round is measured last in the next."""
    assert [(0, "whole"), (0, "peer"), (1, "peer"), (1, "whole")] == order(("whole", "peer"), 2)


def test_a_rate_is_the_median_of_the_rounds() -> None:
    """One disturbed round does not move it."""
    rounds: list[Round] = [{"bare": made(per_s)} for per_s in (9000.0, 100.0, 8000.0)]

    assert Row("bare Starlette: requests/s", 8000.0) == row(rounds, "bare Starlette: requests/s", FIGURES)


@pytest.mark.parametrize(("ours", "met"), [(2500.0, True), (2499.0, False)])
def test_a_ratio_is_that_of_the_medians(ours: float, met: bool) -> None:  # noqa: FBT001 - a column of the table
    """Ours over the peer's, and whether that is as asked."""
    rounds: list[Round] = [{"whole": made(ours), "peer": made(1000.0)}]

    expected = Row("acks/s: everything ÷ Express + BullMQ", ours / 1000, "≥ 2.5", met)

    assert expected == row(rounds, expected.what, FIGURES)


def test_losses_add_up_over_the_rounds() -> None:
    """A loss in one round of three is not outvoted by the two others."""
    rounds: list[Round] = [{"whole": made(1.0, missing=missing)} for missing in (0, 2, 0)]

    assert Row("everything: missing", 2, "0", met=False) == row(rounds, "everything: missing", FIGURES)


@pytest.mark.parametrize(("p50_ms", "met"), [(9.9, True), (10.0, False)])
def test_latency_is_asked_for_in_milliseconds(p50_ms: float, met: bool) -> None:  # noqa: FBT001 - a column of the table
    """The median of the rounds has to be below 10 ms."""
    rounds: list[Round] = [{"latency": made(50.0, p50_ms=p50_ms)}]

    expected = Row("at 50 events/s: send to arrival, p50 in ms", p50_ms, "< 10", met)

    assert expected == row(rounds, expected.what, FIGURES)


@pytest.mark.parametrize(("p50_ms", "met"), [(99.9, True), (100.0, False)])
def test_a_close_is_asked_for_within_a_tenth_of_a_second(p50_ms: float, met: bool) -> None:  # noqa: FBT001 - a column
    """The median of the rounds, from the callback that is sent to the PATCH."""
    rounds: list[Round] = [{"steady": made(20.0, p50_ms=p50_ms)}]

    expected = Row("at 20 closes/s: event to PATCH, p50 in ms", p50_ms, "< 100", met)

    assert expected == row(rounds, expected.what, OF_JOBS)


def test_the_cost_of_a_close_is_told_where_it_is_known() -> None:
    """The median of the rounds that could tell it."""
    costs = (9.0, None, 11.0)
    rounds: list[Round] = [{"full": msgspec.structs.replace(made(25.0), cpu_ms=cost)} for cost in costs]

    assert 10.0 == row(rounds, "as many as fit: CPU of the worker in ms per close", OF_JOBS).measured


def test_a_figure_that_cannot_be_told_is_not_met() -> None:
    """A peer that delivered nothing is no proof of being faster than it."""
    rounds: list[Round] = [{"whole": made(1.0, delivered=1.0), "peer": made(1.0, delivered=0.0)}]

    expected = Row("deliveries/s: everything ÷ Express + BullMQ", None, "≥ 2", met=False)

    assert expected == row(rounds, expected.what, FIGURES)


def test_only_what_was_measured_is_told() -> None:
    """Without the peer there is no line about it, nor one that compares with it."""
    told = rows(FIGURES, [{kind: made(1.0) for kind in NAMES if kind != "peer"}])

    assert [] == [each.what for each in told if "BullMQ" in each.what]


@pytest.mark.parametrize(
    ("met", "expected"), [((True, None), True), ((True, False), False), ((None,), True), ((), True)]
)
def test_what_nothing_is_asked_of_cannot_fail(met: tuple[bool | None, ...], expected: bool) -> None:  # noqa: FBT001 - a column
    """All is met when nothing that is asked is missed."""
    assert expected == all_met([Row("something", 1.0, met=each) for each in met])


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(Limit("≥", 2.5), "≥ 2.5"), (Limit("<", 40), "< 40"), (Limit("≤", 48.67), "≤ 48.67"), (Limit("=", 0), "0")],
)
def test_a_limit_is_told_as_people_write_it(limit: Limit, expected: str) -> None:
    """The table says what is asked in few characters."""
    assert expected == str(limit)


@pytest.mark.parametrize(
    ("limit", "held"),
    [
        (Limit("≥", 2), [False, True, True]),
        (Limit("≤", 2), [True, True, False]),
        (Limit("<", 2), [True, False, False]),
        (Limit("=", 2), [False, True, False]),
    ],
)
def test_a_limit_holds_on_its_side(limit: Limit, held: list[bool]) -> None:
    """Below, at and above what is asked."""
    assert held == [limit.holds(measured) for measured in (1.9, 2, 2.1)]
