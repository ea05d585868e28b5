"""`/api/endpoints`: the subscribers."""

from typing import Any

import structlog
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.endpoints.endpoint import NewEndpoint, mistakes
from service.endpoints.shown import shown, shown_once
from service.registration import Egress, InvalidEndpointError, register
from service.store import endpoints
from service.store.keys import Keys
from service.store.secrets import Sealer
from service.web.api.new_endpoint import described
from service.web.api.reading import json_object
from service.web.api.resource import answer, missing, path_id, resource
from service.web.problems import ProblemError

log = structlog.get_logger()

NOUN = "endpoint"
_REFUSED = "this endpoint cannot be made"


class Endpoints:
    """The handlers of the endpoints."""

    def __init__(self, redis: Redis, keys: Keys, sealer: Sealer, egress: Egress) -> None:
        """`egress` says which URLs are allowed beyond the rule."""
        self._redis, self._keys, self._sealer, self._egress = redis, keys, sealer, egress

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            resource("/api/endpoints", {"GET": self._list, "POST": self._add}),
            resource("/api/endpoints/{id}", {"GET": self._show, "DELETE": self._remove}),
        ]

    async def _list(self, _: Request) -> Response:
        known = await endpoints.listing(self._redis, self._keys)
        return answer({"endpoints": [shown(endpoint) for endpoint in known.endpoints.values()]})

    async def _add(self, request: Request) -> Response:
        new = self._read(await json_object(request))
        try:
            endpoint, secret = await register(self._redis, self._keys, self._sealer, self._egress, new)
        except InvalidEndpointError as error:
            raise ProblemError(422, _REFUSED, *error.mistakes) from None
        log.info("endpoint.added", endpoint_id=endpoint.id, types=endpoint.types)
        return answer(shown_once(endpoint, secret), 201, {"Location": f"/api/endpoints/{endpoint.id}"})

    def _read(self, fields: dict[str, Any]) -> NewEndpoint:
        """Return what was asked for. Raises ProblemError that names the mistakes in form and in substance together."""
        found = described(fields)
        if found.new is None or found.mistakes:
            egress = self._egress
            more = mistakes(found.new, allow_http=egress.allow_http, allowed=egress.allowed) if found.new else []
            raise ProblemError(422, _REFUSED, *found.mistakes, *more)
        return found.new

    async def _show(self, request: Request) -> Response:
        endpoint = await endpoints.get(self._redis, self._keys, path_id(request, NOUN))
        if endpoint is None:
            raise missing(NOUN)
        return answer(shown(endpoint))

    async def _remove(self, request: Request) -> Response:
        endpoint_id = path_id(request, NOUN)
        if not await endpoints.remove(self._redis, self._keys, endpoint_id):
            raise missing(NOUN)
        log.info("endpoint.removed", endpoint_id=endpoint_id)
        return Response(status_code=204)
