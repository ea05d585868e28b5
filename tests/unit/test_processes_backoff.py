"""The pause before a restart, as a function of the last pause and of how long the program lived."""

import pytest

from service.processes.backoff import FIRST, LONGEST, STEADY, pause_after


@pytest.mark.parametrize(
    ("previous", "lived", "expected"),
    [
        pytest.param(None, 0.0, FIRST, id="the first death"),
        pytest.param(FIRST, 0.0, 0.2, id="dying again at once doubles it"),
        pytest.param(3.2, 1.0, LONGEST, id="it does not grow beyond the longest"),
        pytest.param(LONGEST, STEADY, FIRST, id="a program that lived long enough begins anew"),
    ],
)
def test_the_pause_grows_until_the_program_lives(previous: float | None, lived: float, expected: float) -> None:
    """The pause doubles from 0.1 s to 5 s and begins anew after 10 s of life."""
    actual = pause_after(previous, lived)

    assert expected == actual
