"""Which secrets a delivery was signed with, found with the standard's own library, and for ed25519 by verifying."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook

from tests.scripted_subscriber import Arrival


def signing(arrival: Arrival, known: Mapping[str, str]) -> list[str]:
    """Return the names of the secrets (`whsec_…`) or public keys (`whpk_…`) that signed, in the header's order.

    A signature that is nobody's is named "?".
    """
    return [_signer(arrival, each, known) for each in arrival.headers["webhook-signature"].split(" ")]


def _signer(arrival: Arrival, signature: str, known: Mapping[str, str]) -> str:
    return next((name for name, key in known.items() if _is_of(arrival, signature, key)), "?")


def _is_of(arrival: Arrival, signature: str, key: str) -> bool:
    event_id, timestamp = arrival.headers["webhook-id"], arrival.headers["webhook-timestamp"]
    if key.startswith("whpk_"):
        signed = f"{event_id}.{timestamp}.".encode() + arrival.body
        return signature.startswith("v1a,") and _verifies(key, signature.removeprefix("v1a,"), signed)
    # Signed anew instead of verified: that has an opinion about how old a delivery may be.
    at = datetime.fromtimestamp(int(timestamp), UTC)
    return signature == Webhook(key).sign(event_id, at, arrival.body.decode())


def _verifies(key: str, signature: str, signed: bytes) -> bool:
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
    try:
        public.verify(base64.b64decode(signature), signed)
    except InvalidSignature:
        return False
    return True
