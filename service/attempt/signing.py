"""PURE. The headers of a delivery: Standard Webhooks 1.0.0, our two beside them, and the endpoint's own.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hmac
from binascii import b2a_base64
from collections.abc import Iterable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service import __version__
from service.endpoints.endpoint import Scheme
from service.endpoints.secret import encode_public

USER_AGENT = f"conversation-events/{__version__}"
_NO_HEADERS: Mapping[str, str] = {}


class HmacKey:
    """A shared secret (its decoded bytes), ready to sign: scheme `v1`, HMAC-SHA256."""

    __slots__ = ("_keyed",)

    def __init__(self, raw: bytes) -> None:
        # Keyed once: a copy costs less than keying anew for each delivery.
        self._keyed = hmac.new(raw, digestmod="sha256")

    def sign(self, content: bytes) -> str:
        """Return the signature as it stands in the header."""
        mac = self._keyed.copy()
        mac.update(content)
        return "v1," + b2a_base64(mac.digest(), newline=False).decode()


class Ed25519Key:
    """A private key (its 32 bytes, RFC 8032), ready to sign: scheme `v1a`. Raises ValueError for another length."""

    __slots__ = ("_key",)

    def __init__(self, raw: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(raw)

    def sign(self, content: bytes) -> str:
        """Return the signature as it stands in the header."""
        return "v1a," + b2a_base64(self._key.sign(content), newline=False).decode()


Signer = HmacKey | Ed25519Key


def signer(scheme: Scheme, raw: bytes) -> Signer:
    """Return what signs with the bytes of a secret. To be kept: the first signature costs more than those after it."""
    return HmacKey(raw) if scheme == "v1" else Ed25519Key(raw)


def public_key(raw: bytes) -> str:
    """Return what subscribers verify `v1a` signatures with: `whpk_` and the base64 of the public key to 32 bytes."""
    return encode_public(Ed25519PrivateKey.from_private_bytes(raw).public_key().public_bytes_raw())


def signature(signers: Iterable[Signer], event_id: str, timestamp: int, body: bytes) -> str:
    """Return `webhook-signature`: one signature by each signer, a blank between (Standard Webhooks 1.0.0)."""
    content = f"{event_id}.{timestamp}.".encode() + body
    return " ".join([each.sign(content) for each in signers])


def headers(  # noqa: PLR0913 - what a delivery's headers are made of, named by the caller
    signers: Iterable[Signer],
    event_id: str,
    body: bytes,
    *,
    timestamp: int,
    attempt: int,
    previous: str | None,
    custom: Mapping[str, str] = _NO_HEADERS,
) -> dict[str, str]:
    """Return all headers of one attempt; `timestamp` (seconds since 1970) is the attempt's own, the id never changes.

    `previous` is the sequence of the conversation's event that was routed to this endpoint before, "0" for none;
    None where the event has no conversation, and then the header is left out. `custom` are the endpoint's own, such as
    `service.endpoints.headers` permits; whatever their spelling, they never take the place of one of these.
    """
    fields = {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(signers, event_id, timestamp, body),
        "webhook-attempt": str(attempt),
    }
    if previous is not None:
        fields["webhook-previous-sequence"] = previous
    return {name.lower(): value for name, value in custom.items()} | fields if custom else fields
