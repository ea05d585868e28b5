"""PURE. How a secret follows another: the old one signs beside the new one for a while, so that nobody is cut off."""

import msgspec

from service.endpoints.endpoint import Endpoint, Retired, Scheme
from service.events.times import from_milliseconds

USUAL_OVERLAP = 24 * 3600
"""Seconds that an old secret signs beside its successor."""
LONGEST_OVERLAP = 30 * 86400
MOST_RETIRED = 5
"""Old secrets that sign at once: each makes every delivery's headers longer."""


class Successor(msgspec.Struct, frozen=True):
    """The secret that is to follow, sealed, and for how many seconds the present one signs beside it, 0: not at all."""

    sealed_secret: str
    scheme: Scheme
    overlap: int = USUAL_OVERLAP


class RefusedRotationError(Exception):
    """The secret cannot be followed by this one; the message says why, and never a secret."""


def overlap_mistakes(seconds: int) -> list[str]:
    """Return what is wrong with an overlap."""
    if 0 <= seconds <= LONGEST_OVERLAP:
        return []
    return [f"expire_old_in: must be from 0 (at once) to {LONGEST_OVERLAP} seconds; {USUAL_OVERLAP} is usual"]


def still_signing(endpoint: Endpoint, now_ms: int) -> tuple[Retired, ...]:
    """Return the old secrets whose time is not over."""
    return tuple(old for old in endpoint.retired if old.until > now_ms)


def succeeded(endpoint: Endpoint, new: Successor, now_ms: int) -> Endpoint:
    """Return the endpoint with a new secret, the present one retired. Raises RefusedRotationError."""
    retired = still_signing(endpoint, now_ms)
    if new.overlap:
        retired += (Retired(endpoint.sealed_secret, endpoint.scheme, now_ms + new.overlap * 1000),)
    if len(retired) > MOST_RETIRED:
        soonest = from_milliseconds(min(old.until for old in retired))
        raise RefusedRotationError(
            f"{MOST_RETIRED} old secrets sign already, the first until {soonest}; "
            "wait for it, or let the present one end at once (expire_old_in 0)"
        )
    return msgspec.structs.replace(endpoint, sealed_secret=new.sealed_secret, scheme=new.scheme, retired=retired)
