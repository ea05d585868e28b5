"""PURE. The headers of a delivery: Standard Webhooks 1.0.0, and our two beside them."""

import base64
import hmac
from collections.abc import Sequence

from service import __version__

USER_AGENT = f"conversation-events/{__version__}"


def signature(secrets: Sequence[bytes], event_id: str, timestamp: int, body: bytes) -> str:
    """Return `webhook-signature`: a `v1,` HMAC-SHA256 for each secret, a blank between (Standard Webhooks 1.0.0)."""
    signed = f"{event_id}.{timestamp}.".encode() + body
    return " ".join("v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in secrets)


def headers(
    secrets: Sequence[bytes], event_id: str, body: bytes, *, timestamp: int, attempt: int, previous: str | None
) -> dict[str, str]:
    """Return all headers of one attempt; `timestamp` (seconds since 1970) is the attempt's own, the id never changes.

    `previous` is the sequence of the conversation's event that was routed to this endpoint before, "0" for none;
    None where the event has no conversation, and then the header is left out.
    """
    fields = {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secrets, event_id, timestamp, body),
        "webhook-attempt": str(attempt),
    }
    if previous is not None:
        fields["webhook-previous-sequence"] = previous
    return fields
