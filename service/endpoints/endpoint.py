"""PURE. The record of an endpoint, and what a new one must look like."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from service.endpoints.addresses import Network
from service.endpoints.filters import valid
from service.endpoints.urls import url_refusal

ALL_TYPES = ("*",)
LONGEST_DESCRIPTION = 256
MOST_TYPES = 100


Scheme = Literal["v1", "v1a"]
"""How deliveries are signed (Standard Webhooks 1.0.0): HMAC-SHA256 with a shared secret, or ed25519."""
DisabledReason = Literal["by_hand", "gone", "asked", "failing"]
"""Why an endpoint is disabled: by a person; it answered 410; a header of its answer asked for it; it failed too long."""


class Retired(msgspec.Struct, frozen=True):
    """A secret that was rotated out and still signs beside its successor, until `until` (ms since 1970)."""

    sealed_secret: str
    scheme: Scheme
    until: int


class Disabled(msgspec.Struct, frozen=True):
    """That an endpoint gets nothing, why, and since when (ms since 1970)."""

    reason: DisabledReason
    at: int


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One subscriber as it is stored; what is `sealed` is encrypted, times are milliseconds since 1970.

    `sealed_secret` holds the bytes of an HMAC secret, or the 32 bytes of an ed25519 private key (scheme v1a).
    `sealed_headers` holds a JSON object of header names and values. `rate_limit` is in deliveries a second.
    `enabled_at` is when it was last enabled after having been disabled, 0: never.
    """

    id: str
    url: str
    types: tuple[str, ...]
    sealed_secret: str
    created_at: int
    description: str = ""
    name: str = ""
    scheme: Scheme = "v1"
    retired: tuple[Retired, ...] = ()
    sealed_headers: str = ""
    ordered: bool = False
    rate_limit: float | None = None
    disabled: Disabled | None = None
    enabled_at: int = 0


class NewEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a user gives to make one. No types: all of them. No secret: one is made."""

    url: str
    types: tuple[str, ...] = ALL_TYPES
    description: str = ""
    secret: str | None = None
    name: str = ""
    scheme: Scheme = "v1"
    headers: Mapping[str, str] = {}
    ordered: bool = False
    rate_limit: float | None = None


def mistakes(new: NewEndpoint, *, allow_http: bool, allowed: Sequence[Network]) -> list[str]:
    """Return a sentence for each thing that is wrong with a new endpoint, none where it can be made."""
    found = []
    refused = url_refusal(new.url, allow_http=allow_http, allowed=allowed)
    if refused:
        found.append(f"url: {refused}")
    wrong = [pattern for pattern in new.types if not valid(pattern)]
    if wrong:
        found.append(
            f"types: {wrong[0][:64]!r} is no type and no pattern; for example conversation.* or message.received"
        )
    if not new.types or len(new.types) > MOST_TYPES:
        found.append(f"types: between 1 and {MOST_TYPES} are possible; leave it out for all")
    if len(new.description) > LONGEST_DESCRIPTION:
        found.append(f"description: is longer than {LONGEST_DESCRIPTION} characters")
    return found
