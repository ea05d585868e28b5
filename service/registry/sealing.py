"""What of an endpoint is secret: its key and the values of its headers, made, sealed, and opened again."""

import secrets
from collections.abc import Mapping

import msgspec

from service.attempt import signing
from service.endpoints.endpoint import Endpoint, Scheme
from service.endpoints.secret import MADE, decode, encode
from service.store.secrets import Sealer

_decode = msgspec.json.Decoder(dict[str, str]).decode


def key(scheme: Scheme, given: str | None) -> bytes:
    """Return the bytes of a secret that is brought along, or of a new one.

    Raises service.endpoints.secret.InvalidSecretError.
    """
    return secrets.token_bytes(MADE) if given is None else decode(given, scheme)


def shown_secret(scheme: Scheme, raw: bytes) -> str:
    """Return a secret as it is shown once, "" for v1a: nobody else needs a private key."""
    return encode(raw) if scheme == "v1" else ""


def public_key(sealer: Sealer, endpoint: Endpoint) -> str | None:
    """Return what verifies an endpoint's signatures, None for v1. Raises service.store.secrets.WrongSecretKeyError."""
    return None if endpoint.scheme == "v1" else signing.public_key(sealer.open(endpoint.sealed_secret))


def header_values(sealer: Sealer, endpoint: Endpoint) -> dict[str, str]:
    """Return an endpoint's own headers. Raises service.store.secrets.WrongSecretKeyError."""
    return _decode(sealer.open(endpoint.sealed_headers)) if endpoint.sealed_headers else {}


def sealed(sealer: Sealer, headers: Mapping[str, str]) -> str:
    """Return headers as an endpoint's record holds them."""
    return sealer.seal(msgspec.json.encode(headers)) if headers else ""
