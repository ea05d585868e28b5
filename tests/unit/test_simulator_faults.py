"""Faults on demand: which call meets which, the same each time."""

import pytest
from msgspec.structs import replace

from service.simulator.faults import Expected, Fault, Faults, InvalidFaultError, drawn, parse

PATH = "/conversations/v2/Conversations/conv_conversation_1"


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0.0, "429"), (0.0999, "429"), (0.1001, "500"), (0.2999, "500"), (0.3001, None), (0.9999, None)],
)
def test_shares_lie_side_by_side(number: float, expected: str | None) -> None:
    """Each fault has its part of the line from 0 to 1, and the rest of it meets none."""
    actual = drawn({"429": 0.1, "500": 0.2}, number)

    assert expected == actual


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["429=0.05", "timeout-after=0.5"], {"429": 0.05, "timeout-after": 0.5}),
        (["500=1"], {"500": 1.0}),
        ([], {}),
    ],
)
def test_shares_are_read(texts: list[str], expected: dict[Fault, float]) -> None:
    """A share is written as the fault's name, an equals sign and a number."""
    assert expected == parse(texts)


@pytest.mark.parametrize("text", ["418=0.1", "429", "429=", "429=much", "429=1.5", "429=-0.1", "429=nan", "=0.1"])
def test_what_is_no_share_is_refused(text: str) -> None:
    """A fault that is none, or a share that is none, is answered with an example of a right one."""
    with pytest.raises(InvalidFaultError, match=r"429=0\.05"):
        parse([text])


def test_shares_that_are_more_than_all_are_refused() -> None:
    """Shares of more than 1 in all are a mistake."""
    with pytest.raises(InvalidFaultError, match="add up"):
        parse(["429=0.6", "500=0.6"])


def test_a_call_meets_the_same_fault_again() -> None:
    """Whether a call fails depends on the seed, the call and its repetition, not on what was asked in between."""
    faults = Faults(faults={"429": 0.3, "500": 0.3})

    forwards = [faults.of_call("seed", "GET", PATH, count) for count in range(200)]
    backwards = [faults.of_call("seed", "GET", PATH, count) for count in reversed(range(200))]
    other = [faults.of_call("other seed", "GET", PATH, count) for count in range(200)]

    assert forwards == backwards[::-1] != other
    assert {None, "429", "500"} == set(forwards)


@pytest.mark.parametrize(
    ("only", "method", "expected"),
    [
        ([], "GET", "500"),
        (["PATCH"], "PATCH", "500"),
        (["PATCH"], "GET", None),
        (["/Conversations/"], "GET", "500"),
        (["/memory/"], "GET", None),
        (["/memory/", "GET"], "GET", "500"),
    ],
)
def test_faults_can_be_limited(only: list[str], method: str, expected: Fault | None) -> None:
    """`only` names methods, or parts of paths, that the shares apply to."""
    actual = Faults(faults={"500": 1.0}, only=only).of_call("seed", method, PATH, 0)

    assert expected == actual


def test_an_expected_fault_comes_before_any_share_and_is_used_up() -> None:
    """The next calls that match meet the fault that was asked for, as often as asked, and then no more."""
    faults = Faults(
        faults={"429": 1.0}, only=["DELETE"], next=[Expected("timeout-after", 2, "PATCH", "/Conversations/")]
    )

    actual = [faults.of_call("seed", method, PATH, 0) for method in ("GET", "PATCH", "PATCH", "PATCH")]

    assert [None, "timeout-after", "timeout-after", None] == actual


def test_callbacks_are_lost_repeated_and_held_back_by_their_shares() -> None:
    """Of many callbacks each share meets about as many as it says, and a callback meets one of them at most."""
    faults = Faults(lose=0.1, repeat=0.2, reorder=0.3)

    met = [faults.of_callback("seed", str(number)) for number in range(2000)]

    assert [200, 400, 600] == [pytest.approx(met.count(name), rel=0.2) for name in ("lose", "repeat", "reorder")]
    assert {None} == {replace(faults, lose=0, repeat=0, reorder=0).of_callback("seed", str(n)) for n in range(100)}
