"""PURE. The record of an endpoint, and what a new one must look like."""

from collections.abc import Sequence

import msgspec

from service.endpoints.addresses import Network
from service.endpoints.filters import valid
from service.endpoints.urls import url_refusal

ALL_TYPES = ("*",)
LONGEST_DESCRIPTION = 256
MOST_TYPES = 100


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One subscriber as it is stored; `sealed_secret` is encrypted, `created_at` milliseconds since 1970."""

    id: str
    url: str
    types: tuple[str, ...]
    sealed_secret: str
    created_at: int
    description: str = ""


class NewEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a user gives to make one. No types: all of them. No secret: one is made."""

    url: str
    types: tuple[str, ...] = ALL_TYPES
    description: str = ""
    secret: str | None = None


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
