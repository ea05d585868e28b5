"""What is said of the delivering side: one relay, many endpoints, and healthy ones beside those that misbehave."""

import msgspec
import pytest

from service.bench.figures import deliveries, endpoints, fairness
from service.bench.figures.figure import Round, Row, rows
from service.bench.samples import Sample, arrivals
from tests.bench_rounds import made, row


@pytest.mark.parametrize(("ours", "met"), [(600.0, (True, True)), (599.0, (False, True)), (299.0, (False, False))])
def test_one_relay_is_held_to_its_client_and_to_the_peer(ours: float, met: tuple[bool, bool]) -> None:
    """0.6 of the bare loop's rate, and three times the peer's, which is measured with its receiver at work."""
    rounds: list[Round] = [
        {
            "relay": made(1.0, delivered=ours),
            "loop": made(1.0, delivered=1000.0),
            "peer": made(1.0, delivered=100.0),
            "peer_drain": made(1.0, delivered=10_000.0),
        }
    ]

    asked = ["deliveries/s: one relay ÷ bare loop", "deliveries/s: one relay ÷ Express + BullMQ"]

    assert met == tuple(row(rounds, what, deliveries.FIGURES).met for what in asked)


@pytest.mark.parametrize(("many", "met"), [(800.0, True), (799.0, False)])
def test_idle_endpoints_may_cost_a_fifth(many: float, met: bool) -> None:  # noqa: FBT001 - a column of the table
    """Five busy ones of a thousand get at least 0.8 of what five alone get."""
    rounds: list[Round] = [{"few": made(1.0, delivered=1000.0), "many": made(1.0, delivered=many)}]

    expected = Row("deliveries/s: 5 of 1,000 ÷ 5 alone", many / 1000, "≥ 0.8", met)

    assert expected == row(rounds, expected.what, endpoints.FIGURES)


def test_losses_of_all_kinds_add_up() -> None:
    """What is missing among few or among many endpoints is one figure."""
    rounds: list[Round] = [{"few": made(1.0, missing=1), "many": made(1.0, missing=2)}]

    assert Row("missing", 3, "0", met=False) == row(rounds, "missing", endpoints.FIGURES)


@pytest.mark.parametrize(
    ("alone", "beside", "asked", "met"),
    [
        pytest.param(4.0, 6.5, "≤ 13", True, id="5 ms where a tenth is less"),
        pytest.param(4.0, 6.6, "≤ 13", False, id="more than 5 ms"),
        pytest.param(100.0, 110.0, "≤ 220", True, id="a tenth where that is more"),
        pytest.param(100.0, 110.1, "≤ 220", False, id="more than a tenth"),
    ],
)
def test_the_healthy_may_wait_a_little_longer(
    alone: float,
    beside: float,
    asked: str,
    met: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Beside those that misbehave, the p99 is within a tenth or 5 ms of the run without them."""
    rounds: list[Round] = [{"alone": made(1.0, p50_ms=alone), "beside": made(1.0, p50_ms=beside)}]

    expected = Row("200 events/s to 10 of 20, beside: p99 in ms", 2 * beside, asked, met)

    assert expected == row(rounds, expected.what, fairness.figures(10, 200))


def test_a_p99_without_its_counterpart_is_not_met() -> None:
    """Where nothing arrived alone, nothing can be allowed beside."""
    nothing = msgspec.structs.replace(made(1.0), arrivals=arrivals([10.0], [], 1))
    rounds: list[Round] = [{"alone": nothing, "beside": made(1.0)}]

    expected = Row("200 events/s to 20 of 20, beside: p99 in ms", 10.0, "?", met=False)

    assert expected in rows(fairness.figures(20, 200), rounds)


def test_a_rate_to_all_that_is_not_carried_is_told_and_not_asked_for() -> None:
    """Where each event can go to some only, the run that sends it to all stands beside it, without a limit."""
    rounds: list[Round] = [{kind: made(1.0) for kind in fairness.kinds(10, full=True)}]

    told = {each.what: each.met for each in rows(fairness.figures(10, 200), rounds)}

    assert (None, True) == (
        told["200 events/s to 20 of 20, beside: p99 in ms"],
        told["200 events/s to 10 of 20, beside: p99 in ms"],
    )


@pytest.mark.parametrize(
    ("fan_out", "full", "expected"),
    [
        (20, True, ("alone", "beside")),
        (10, False, ("alone", "beside")),
        (10, True, ("alone", "beside", "full_alone", "full_beside")),
    ],
)
def test_nothing_is_measured_twice(fan_out: int, full: bool, expected: tuple[str, ...]) -> None:  # noqa: FBT001 - a column
    """What goes to all already is not sent to all once more."""
    assert expected == fairness.kinds(fan_out, full=full)


def test_fan_outs_reach_every_healthy_endpoint_alike() -> None:
    """Each divides their number, so that the events go round all of them."""
    assert [0] * len(fairness.FAN_OUTS) == [fairness.HEALTHY % each for each in fairness.FAN_OUTS]


@pytest.mark.parametrize(
    ("tried", "expected"),
    [
        pytest.param(made(1.0, p50_ms=19.9), True, id="in time"),
        pytest.param(made(1.0, p50_ms=20.0), False, id="too late"),
        pytest.param(made(1.0, missing=1), False, id="not all"),
        pytest.param(msgspec.structs.replace(made(1.0), arrivals=None), False, id="not counted"),
    ],
)
def test_a_rate_is_carried_where_all_arrives_in_time(tried: Sample, expected: bool) -> None:  # noqa: FBT001 - a column
    """A try whose p99 is below 40 ms, with nothing missing, had no queues."""
    assert expected == fairness.carried(tried)


@pytest.mark.parametrize(("unruly", "met"), [({"slow": 1}, True), ({"dead": 9}, False), (None, False)])
def test_one_that_misbehaves_has_to_have_been_tried(
    unruly: dict[str, int] | None,
    met: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """A run in which the slow one got nothing proves nothing, whatever another round says."""
    tried, left_alone = (msgspec.structs.replace(made(1.0), unruly=each) for each in ({"slow": 5}, unruly))
    rounds: list[Round] = [{"beside": tried}, {"beside": left_alone}]

    assert met == row(rounds, "the slow one: requests", fairness.figures(20, 200)).met
