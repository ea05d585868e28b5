"""PURE. An endpoint as people see it: everything but its secret."""

import msgspec

from service.endpoints.endpoint import Endpoint
from service.endpoints.health import HEALTHY, Health
from service.events.times import from_milliseconds


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the admin API and the commands show of an endpoint; `created_at` is ISO 8601 UTC."""

    id: str
    url: str
    types: tuple[str, ...]
    description: str
    state: str
    created_at: str


class ShownOnce(Shown, frozen=True, kw_only=True):
    """The same with the secret, when it has just been made."""

    secret: str


def state(endpoint: Endpoint, health: Health = HEALTHY) -> str:
    """Return an endpoint's state: disabled, paused (by its breaker), failing (it was warned), or active."""
    if endpoint.disabled is not None:
        return "disabled"
    if health.paused_until is not None:
        return "paused"
    return "failing" if health.warned else "active"


def shown(endpoint: Endpoint) -> Shown:
    """Return an endpoint as it is shown."""
    return Shown(
        id=endpoint.id,
        url=endpoint.url,
        types=endpoint.types,
        description=endpoint.description,
        state=state(endpoint),
        created_at=from_milliseconds(endpoint.created_at),
    )


def shown_once(endpoint: Endpoint, secret: str) -> ShownOnce:
    """Return an endpoint as it is shown to whoever has just made it."""
    return ShownOnce(**msgspec.structs.asdict(shown(endpoint)), secret=secret)
