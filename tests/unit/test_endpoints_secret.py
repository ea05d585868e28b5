"""Endpoint secrets in the form of Standard Webhooks."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.endpoints.secret import LEAST, MOST, InvalidSecretError, decode, encode


@settings(deadline=None, max_examples=30)
@given(st.binary(min_size=LEAST, max_size=MOST))
def test_there_and_back(raw: bytes) -> None:
    """What is written is read again, and begins as the standard says."""
    assert raw == decode(encode(raw))
    assert encode(raw).startswith("whsec_")


@pytest.mark.parametrize(
    "text",
    [
        "", "whsec_", "x" * 40, base64.b64encode(b"x" * 32).decode(), encode(b"x" * (LEAST - 1)),
        encode(b"x" * (MOST + 1)),
        "whsk_" + base64.b64encode(b"x" * 32).decode(), "whsec_" + "!" * 44, "whsec_" + "ü" * 44,
        "whsec_" + base64.urlsafe_b64encode(b"\xff" * 32).decode(), encode(b"x" * 32) + "\n", " " + encode(b"x" * 32),
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    """Other lengths, alphabets and beginnings are refused; the message never repeats the text."""
    with pytest.raises(InvalidSecretError) as caught:
        decode(text)

    assert "a secret is whsec_ and the base64 of 24 to 64 bytes" == str(caught.value)
