"""`/api/deliveries`: what has become of deliveries, and another go for one of them."""

from collections.abc import Mapping
from typing import Any, get_args

import structlog
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.store.delivery_pages import State, WantedDeliveries, delivery_page
from service.store.keys import Keys
from service.store.retry import Verdict, retry
from service.web.api.query import id_of, limit_of, milliseconds, position_in, type_of
from service.web.api.reading import json_object, unknown
from service.web.api.resource import answer, is_id, missing, resource
from service.web.problems import ProblemError

log = structlog.get_logger()

STATES: tuple[State, ...] = get_args(State)
PARAMETERS = ("endpoint_id", "state", "type", "since", "limit", "after")
_EXAMPLES = {"endpoint_id": "ep_0123456789abcdef", "event_id": "evt_9f2d4c7be0a1583f96ab10c47de85b32"}

REFUSALS: Mapping[Verdict, tuple[int, str]] = {
    "no_endpoint": (404, "there is no endpoint of this id"),
    "no_event": (404, "neither the log nor a dead delivery has an event of this id"),
    "disabled": (409, "the endpoint is disabled: enable it first, then retry"),
    "under_way": (409, "the delivery waits, or is between two attempts, already"),
    "not_meant": (409, "the event was not for this endpoint: none of its types match"),
}
"""What a retry that cannot be is answered with."""


class Deliveries:
    """The handlers of the deliveries."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis, self._keys = redis, keys

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            resource("/api/deliveries", {"GET": self._list}, PARAMETERS),
            resource("/api/deliveries/retry", {"POST": self._retry}),
        ]

    async def _list(self, request: Request) -> Response:
        found = await delivery_page(self._redis, self._keys, wanted(request.query_params))
        if found is None:
            raise missing("endpoint")
        return answer(found)

    async def _retry(self, request: Request) -> Response:
        endpoint_id, event_id = which(await json_object(request))
        verdict = await retry(self._redis, self._keys, endpoint_id, event_id)
        if verdict in REFUSALS:
            raise ProblemError(*REFUSALS[verdict])
        log.info("delivery.retry_requested", event_id=event_id, endpoint_id=endpoint_id)
        told = {"endpoint_id": endpoint_id, "event_id": event_id, "state": "waiting"}
        return answer(told, 202, {"Location": f"/api/events/{event_id}"})


def wanted(query: Mapping[str, str]) -> WantedDeliveries:
    """Return what a query asks for. Raises ProblemError (400) that names every mistake. Pure."""
    mistakes: list[str] = []
    found = WantedDeliveries(
        limit_of(query, mistakes),
        position_in(query, mistakes),
        id_of(query, "endpoint_id", _EXAMPLES["endpoint_id"], mistakes),
        _state(query, mistakes),
        type_of(query, mistakes),
        milliseconds(query.get("since"), mistakes),
    )
    if mistakes:
        raise ProblemError(400, "the query is not understood", *mistakes)
    return found


def _state(query: Mapping[str, str], mistakes: list[str]) -> State | None:
    asked = query.get("state")
    found = next((state for state in STATES if state == asked), None)
    if asked is not None and found is None:
        mistakes.append(f"state: must be one of {', '.join(STATES)}")
    return found


def which(fields: Mapping[str, Any]) -> tuple[str, str]:
    """Return the endpoint and the event of a retry. Raises ProblemError (422) that names every mistake. Pure."""
    mistakes = unknown(fields, tuple(_EXAMPLES))
    for name, example in _EXAMPLES.items():
        value = fields.get(name)
        if not isinstance(value, str) or not is_id(value):
            mistakes.append(f'{name}: must be an id; for example "{example}"')
    if mistakes:
        raise ProblemError(422, "the delivery cannot be retried like this", *mistakes)
    return fields["endpoint_id"], fields["event_id"]
