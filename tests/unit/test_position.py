"""Positions in lists, as a URL carries them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.store.position import LONGEST, Position, as_text, position_of


@given(st.integers(0, 2**53), st.text(max_size=40), st.text(max_size=100))
def test_a_position_comes_back_as_it_was(number: int, endpoint_id: str, member: str) -> None:
    """Whatever stands in it; the text needs no quoting in a URL."""
    position = Position(number, endpoint_id, member)
    text = as_text(position)

    assert position == position_of(text)
    assert re.fullmatch("[A-Za-z0-9_-]+", text)


@pytest.mark.parametrize("text", ["", "x", "W10", "WzFd", "é", "a b", "WzEsImEiLCJiIl0=x", "A" * (LONGEST + 1)])
def test_what_is_no_position_is_none(text: str) -> None:
    """Also what is JSON of another shape."""
    assert None is position_of(text)
