"""PURE. Endpoint secrets in the form of Standard Webhooks 1.0.0: a word for what it is, and base64.

`whsec_` stands before a shared secret of 24 to 64 bytes (scheme v1), `whsk_` before an ed25519 private key and `whpk_`
before its public half (scheme v1a).
"""

import base64
import binascii

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.endpoints.endpoint import Scheme

SHARED, PRIVATE, PUBLIC = "whsec_", "whsk_", "whpk_"
LEAST, MOST = 24, 64
MADE = 32
"""Bytes of a secret that we make, of either scheme; an ed25519 private key has no other length."""

_FORMS: dict[Scheme, tuple[str, str]] = {
    "v1": (SHARED, f"a secret is {SHARED} and the base64 of {LEAST} to {MOST} bytes"),
    "v1a": (PRIVATE, f"a private key is {PRIVATE} and the base64 of the {MADE} bytes of an ed25519 key"),
}


class InvalidSecretError(ValueError):
    """The text is no endpoint secret; the message never repeats it."""


def encode(raw: bytes, scheme: Scheme = "v1") -> str:
    """Return a secret's bytes as text."""
    return _FORMS[scheme][0] + base64.b64encode(raw).decode()


def encode_public(raw: bytes) -> str:
    """Return the bytes of a public key as text."""
    return PUBLIC + base64.b64encode(raw).decode()


def decode(text: str, scheme: Scheme = "v1") -> bytes:
    """Return a secret's bytes: of a private key the 32, also where its public half follows. Raises InvalidSecretError.

    Private keys of 64 bytes are those of NaCl's libraries, among them what Svix exports.
    """
    prefix, form = _FORMS[scheme]
    try:
        raw = base64.b64decode(text.removeprefix(prefix), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not text.startswith(prefix) or not (LEAST <= len(raw) <= MOST if scheme == "v1" else _is_private(raw)):
        raise InvalidSecretError(form)
    return raw if scheme == "v1" else raw[:MADE]


def _is_private(raw: bytes) -> bool:
    seed, public = raw[:MADE], raw[MADE:]
    if len(seed) != MADE:
        return False
    return not public or Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw() == public
