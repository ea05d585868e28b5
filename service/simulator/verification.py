"""How a subscriber proves a delivery: Standard Webhooks 1.0.0, without a library, to be read. Pure.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
from collections.abc import Mapping
from typing import Literal

Verdict = Literal["verified", "headers missing", "too old", "wrong signature"]

TOLERANCE = 300
"""Seconds that a delivery's timestamp may differ from our clock; an older one may be a replay."""


def verify(secret: bytes, headers: Mapping[str, str], body: bytes, now: float) -> Verdict:
    """Return whether a delivery was signed with the secret (its decoded bytes) and lately; `now` in seconds since 1970.

    `headers` have lower-case names. One right signature among several is enough: there are two while a secret rotates.
    """
    message, timestamp = headers.get("webhook-id"), headers.get("webhook-timestamp", "")
    if not message or not timestamp.isdecimal() or "webhook-signature" not in headers:
        return "headers missing"
    if abs(now - int(timestamp)) > TOLERANCE:
        return "too old"
    signed = f"{message}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.digest(secret, signed, "sha256"))
    offered = (part.partition(",") for part in headers["webhook-signature"].split())
    right = [hmac.compare_digest(expected, value.encode()) for version, _, value in offered if version == "v1"]
    return "verified" if any(right) else "wrong signature"
