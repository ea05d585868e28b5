"""PURE. The record of an endpoint, and what a new one, or a changed one, must look like."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from service.endpoints import headers
from service.endpoints.addresses import Network
from service.endpoints.filters import valid
from service.endpoints.urls import url_refusal

ALL_TYPES = ("*",)
LONGEST_DESCRIPTION = 256
MOST_TYPES = 100
FASTEST = 10_000
"""Most deliveries a second that a `rate_limit` may name."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

Scheme = Literal["v1", "v1a"]
"""How deliveries are signed (Standard Webhooks 1.0.0): HMAC-SHA256 with a shared secret, or ed25519."""
DisabledReason = Literal["by_hand", "gone", "asked", "failing"]
"""Why an endpoint is disabled: by a person; it answered 410; its answer's header asked for it; it failed too long."""


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


class Amendment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different about an endpoint: what is UNSET stays.

    `headers` are added to those that there are; one that is None is taken away.
    """

    url: str | UnsetType = UNSET
    types: tuple[str, ...] | UnsetType = UNSET
    description: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    headers: Mapping[str, str | None] | UnsetType = UNSET
    ordered: bool | UnsetType = UNSET
    rate_limit: float | UnsetType | None = UNSET


def mistakes(given: NewEndpoint | Amendment, *, allow_http: bool, allowed: Sequence[Network]) -> list[str]:
    """Return a sentence for each thing that is wrong with what is given of an endpoint, none where it can be done.

    The secret of a new one is not looked at.
    """
    refused = None if given.url is UNSET else url_refusal(given.url, allow_http=allow_http, allowed=allowed)
    found = [] if refused is None else [f"url: {refused}"]
    for name, refusals in _RULES.items():
        value = getattr(given, name)
        found += [] if value is UNSET else [f"{name}: {refusal}" for refusal in refusals(value)]
    return found


def _types(types: tuple[str, ...]) -> list[str]:
    found = []
    wrong = [pattern for pattern in types if not valid(pattern)]
    if wrong:
        found.append(f"{wrong[0][:64]!r} is no type and no pattern; for example conversation.* or message.received")
    if not types or len(types) > MOST_TYPES:
        found.append(f"between 1 and {MOST_TYPES} are possible; leave it out for all")
    return found


def _description(text: str) -> list[str]:
    found = []
    if len(text) > LONGEST_DESCRIPTION:
        found.append(f"is longer than {LONGEST_DESCRIPTION} characters")
    if not text.isprintable():
        found.append("must be one line of printable characters")
    return found


def _name(name: str) -> list[str]:
    if not name or _NAME.fullmatch(name):
        return []
    return [
        "must be at most 64 letters, digits, dots, dashes and underscores, a letter or digit first; for example crm"
    ]


def _headers(given: Mapping[str, str | None]) -> list[str]:
    return headers.refusal({name: value or "" for name, value in given.items()})


def _rate_limit(limit: float | None) -> list[str]:
    # Written so that what is not a number is refused too.
    if limit is None or 0 < limit <= FASTEST:
        return []
    return [f"must be more than 0 and at most {FASTEST} deliveries a second; leave it out for none"]


_RULES: Mapping[str, Callable[[Any], list[str]]] = {
    "types": _types,
    "description": _description,
    "name": _name,
    "headers": _headers,
    "rate_limit": _rate_limit,
}
