"""`/api/endpoints`: the subscribers."""

import time
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.endpoints.endpoint import Endpoint, NewEndpoint, mistakes
from service.endpoints.shown import Shown, shown_once
from service.registration import InvalidEndpointError, refusals, register
from service.registry.alteration import ContendedError
from service.registry.amendment import amend
from service.registry.overview import overview
from service.registry.registry import Registry
from service.store import endpoints
from service.web.api.endpoint_bodies import changed, described
from service.web.api.reading import json_object
from service.web.api.resource import answer, missing, path_id, resource
from service.web.problems import ProblemError

log = structlog.get_logger()

NOUN = "endpoint"
_NOT_MADE = "this endpoint cannot be made"
_NOT_CHANGED = "the endpoint cannot be changed like this"


class Endpoints:
    """The handlers of the endpoints."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def routes(self) -> list[Route]:
        """Return the routes."""
        one = {"GET": self._show, "PATCH": self._amend, "DELETE": self._remove}
        return [
            resource("/api/endpoints", {"GET": self._list, "POST": self._add}),
            resource("/api/endpoints/{id}", one),
        ]

    async def _list(self, _: Request) -> Response:
        known = await endpoints.listing(self._registry.redis, self._registry.keys)
        return answer({"endpoints": await shown_all(self._registry, *known.endpoints.values())})

    async def _add(self, request: Request) -> Response:
        new, to = self._new(await json_object(request)), self._registry
        try:
            endpoint, secret = await register(to.redis, to.keys, to.sealer, to.egress, new)
        except InvalidEndpointError as error:
            raise ProblemError(422, _NOT_MADE, *error.mistakes) from None
        log.info("endpoint.added", endpoint_id=endpoint.id, types=endpoint.types)
        [one] = await shown_all(to, endpoint)
        return answer(shown_once(one, secret), 201, {"Location": f"/api/endpoints/{endpoint.id}"})

    def _new(self, fields: dict[str, Any]) -> NewEndpoint:
        """Return what was asked for. Raises ProblemError that names the mistakes in form and in substance together."""
        found = described(fields)
        if found.new is None or found.mistakes:
            more = refusals(found.new, self._registry.egress) if found.new else []
            raise ProblemError(422, _NOT_MADE, *found.mistakes, *more)
        return found.new

    async def _show(self, request: Request) -> Response:
        endpoint = await endpoints.get(self._registry.redis, self._registry.keys, path_id(request, NOUN))
        if endpoint is None:
            raise missing(NOUN)
        [one] = await shown_all(self._registry, endpoint)
        return answer(one)

    async def _amend(self, request: Request) -> Response:
        endpoint_id, fields = path_id(request, NOUN), await json_object(request)
        wish, egress = changed(fields), self._registry.egress
        if wish.mistakes:
            more = mistakes(wish.wish, allow_http=egress.allow_http, allowed=egress.allowed)
            raise ProblemError(422, _NOT_CHANGED, *wish.mistakes, *more)
        try:
            endpoint = await amend(self._registry, endpoint_id, wish.wish, now_ms())
        except InvalidEndpointError as error:
            raise ProblemError(422, _NOT_CHANGED, *error.mistakes) from None
        except ContendedError as error:
            raise ProblemError(409, str(error)) from None
        if endpoint is None:
            raise missing(NOUN)
        log.info("endpoint.amended", endpoint_id=endpoint_id, members=sorted(fields))
        [one] = await shown_all(self._registry, endpoint)
        return answer(one)

    async def _remove(self, request: Request) -> Response:
        endpoint_id = path_id(request, NOUN)
        if not await endpoints.remove(self._registry.redis, self._registry.keys, endpoint_id):
            raise missing(NOUN)
        log.info("endpoint.removed", endpoint_id=endpoint_id)
        return Response(status_code=204)


async def shown_all(registry: Registry, *found: Endpoint) -> list[Shown]:
    """Return endpoints as they are shown. Raises redis.exceptions.RedisError."""
    return await overview(registry.redis, registry.keys, lambda: registry.sealer, found, now_ms())


def now_ms() -> int:
    """Return the time in milliseconds since 1970."""
    return int(time.time() * 1000)
