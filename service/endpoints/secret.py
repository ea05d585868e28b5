"""PURE. Endpoint secrets in the form of Standard Webhooks: `whsec_` and the base64 of 24 to 64 bytes."""

import base64
import binascii

PREFIX = "whsec_"
LEAST, MOST = 24, 64
MADE = 32
"""Bytes of a secret that we make."""


class InvalidSecretError(ValueError):
    """The text is no endpoint secret; the message never repeats it."""


def encode(raw: bytes) -> str:
    """Return a secret's bytes as text."""
    return PREFIX + base64.b64encode(raw).decode()


def decode(text: str) -> bytes:
    """Return a secret's bytes. Raises InvalidSecretError."""
    try:
        raw = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not text.startswith(PREFIX) or not LEAST <= len(raw) <= MOST:
        message = f"a secret is {PREFIX} and the base64 of {LEAST} to {MOST} bytes"
        raise InvalidSecretError(message)
    return raw
