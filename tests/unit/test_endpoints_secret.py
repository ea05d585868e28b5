"""Endpoint secrets in the form of Standard Webhooks."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.attempt.signing import public_key
from service.endpoints.endpoint import Scheme
from service.endpoints.secret import LEAST, MADE, MOST, InvalidSecretError, decode, encode, encode_public


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


@settings(deadline=None, max_examples=30)
@given(st.binary(min_size=MADE, max_size=MADE))
def test_private_keys_there_and_back(raw: bytes) -> None:
    """They begin as the standard says, and are read with their public half behind them, too."""
    public = base64.b64decode(public_key(raw).removeprefix("whpk_"))

    assert encode(raw, "v1a").startswith("whsk_")
    assert [raw, raw] == [decode(encode(raw, "v1a"), "v1a"), decode(encode(raw + public, "v1a"), "v1a")]


@pytest.mark.parametrize(
    "text",
    [
        "", "whsk_", encode(b"x" * 32), encode(b"x" * 31, "v1a"), encode(b"x" * 33, "v1a"), encode(b"x" * 64, "v1a"),
        encode_public(b"x" * 32), "whsk_" + "!" * 44, encode(b"x" * 32, "v1a") + "\n",
    ],
)  # fmt: skip
def test_refused_private_keys(text: str) -> None:
    """Shared secrets, public keys, other lengths, and a public half that is another key's."""
    with pytest.raises(InvalidSecretError) as caught:
        decode(text, "v1a")

    assert "a private key is whsk_ and the base64 of the 32 bytes of an ed25519 key" == str(caught.value)


@pytest.mark.parametrize(("scheme", "prefix"), [("v1", "whsec_"), ("v1a", "whsk_")])
def test_what_it_is_stands_before_it(scheme: Scheme, prefix: str) -> None:
    """Nobody takes a private key for a shared secret, or either for the public key."""
    assert [prefix, "whpk_"] == [text.partition("_")[0] + "_" for text in (encode(b"", scheme), encode_public(b""))]
