"""PURE. An endpoint as people see it: everything but its secrets and the values of its headers."""

from collections.abc import Mapping

import msgspec

from service.endpoints.endpoint import Endpoint
from service.endpoints.health import HEALTHY, Health
from service.endpoints.rotation import still_signing
from service.events.times import from_milliseconds

MASK = "•••"
"""What stands in the place of a header's value."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an endpoint beside its record.

    `missed` counts what it would get by a replay: deliveries that were skipped while it was disabled, and dead ones.
    `public_key` is there for the scheme v1a.
    """

    health: Health = HEALTHY
    header_names: tuple[str, ...] = ()
    public_key: str | None = None
    missed: int = 0


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the admin API and the commands show of an endpoint; times are ISO 8601 UTC, None: does not apply.

    Until `old_secret_until` the secret that was there before signs too. `rate_limit` is in deliveries a second.
    """

    id: str
    name: str
    url: str
    types: tuple[str, ...]
    description: str
    state: str
    disabled_reason: str | None
    disabled_at: str | None
    paused_until: str | None
    missed: int
    ordered: bool
    rate_limit: float | None
    headers: Mapping[str, str]
    scheme: str
    public_key: str | None
    old_secret_until: str | None
    created_at: str


class ShownOnce(Shown, frozen=True, kw_only=True):
    """The same with the secret, when it has just been made; None for v1a, whose private key nobody needs to have."""

    secret: str | None


def state(endpoint: Endpoint, health: Health = HEALTHY) -> str:
    """Return an endpoint's state: disabled, paused (by its breaker), failing (it was warned), or active."""
    if endpoint.disabled is not None:
        return "disabled"
    if health.paused_until is not None:
        return "paused"
    return "failing" if health.warned else "active"


def shown(endpoint: Endpoint, facts: Facts, now_ms: int) -> Shown:
    """Return an endpoint as it is shown."""
    disabled, old = endpoint.disabled, still_signing(endpoint, now_ms)
    return Shown(
        id=endpoint.id,
        name=endpoint.name,
        url=endpoint.url,
        types=endpoint.types,
        description=endpoint.description,
        state=state(endpoint, facts.health),
        disabled_reason=disabled.reason if disabled else None,
        disabled_at=from_milliseconds(disabled.at) if disabled else None,
        paused_until=_time(None if disabled else facts.health.paused_until),
        missed=facts.missed,
        ordered=endpoint.ordered,
        rate_limit=endpoint.rate_limit,
        headers=dict.fromkeys(facts.header_names, MASK),
        scheme=endpoint.scheme,
        public_key=facts.public_key,
        old_secret_until=_time(max((each.until for each in old), default=None)),
        created_at=from_milliseconds(endpoint.created_at),
    )


def shown_once(one: Shown, secret: str) -> ShownOnce:
    """Return an endpoint as it is shown to whoever has just made its secret, "" where that is not for showing."""
    return ShownOnce(**msgspec.structs.asdict(one), secret=secret or None)


def _time(ms: int | None) -> str | None:
    return None if ms is None else from_milliseconds(ms)
