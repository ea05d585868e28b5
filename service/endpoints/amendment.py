"""PURE. What becomes of an endpoint by what is asked to be different about it."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from service.endpoints.endpoint import Amendment, Endpoint

_AS_GIVEN = ("url", "types", "description", "name", "ordered", "rate_limit")


def amended(endpoint: Endpoint, wish: Amendment) -> Endpoint:
    """Return the endpoint with the members that are given; headers are sealed, and so for others to put in."""
    given = {name: getattr(wish, name) for name in _AS_GIVEN}
    return msgspec.structs.replace(endpoint, **{name: value for name, value in given.items() if value is not UNSET})


def merged(headers: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """Return headers with some added, replaced, or (None) taken away; the case of a name does not matter."""
    changed = {name.lower() for name in changes}
    kept = {name: value for name, value in headers.items() if name.lower() not in changed}
    return kept | {name: value for name, value in changes.items() if value is not None}
