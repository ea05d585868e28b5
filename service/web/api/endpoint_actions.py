"""`/api/endpoints/{id}/…`: what is done with an endpoint: tested, switched off and on, given another secret."""

from collections.abc import Awaitable
from typing import TypeVar

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.endpoints.rotation import RefusedRotationError
from service.endpoints.shown import shown_once
from service.registration import InvalidEndpointError
from service.registry.alteration import ContendedError
from service.registry.registry import Registry
from service.registry.rotation import rotate
from service.registry.switching import Refused, disable, enable, what_came
from service.registry.trial import Trials
from service.store import endpoints
from service.web.api.endpoint_bodies import forced, nothing, rotation
from service.web.api.endpoints import NOUN, now_ms, shown_all
from service.web.api.reading import json_object
from service.web.api.resource import answer, missing, path_id, resource
from service.web.problems import ProblemError

T = TypeVar("T")

log = structlog.get_logger()

_REFUSED = "the endpoint {} when it was tested, and stays disabled; force enables it untested"


class EndpointActions:
    """The handlers of what is done with an endpoint."""

    def __init__(self, registry: Registry, trials: Trials) -> None:
        """`trials` must be open while requests are handled."""
        self._registry, self._trials = registry, trials

    def routes(self) -> list[Route]:
        """Return the routes."""
        actions = {
            "test": self._test, "rotate-secret": self._rotate, "disable": self._disable, "enable": self._enable,
        }  # fmt: skip
        return [resource(f"/api/endpoints/{{id}}/{name}", {"POST": action}) for name, action in actions.items()]

    async def _test(self, request: Request) -> Response:
        endpoint_id = path_id(request, NOUN)
        nothing(await json_object(request, optional=True))
        endpoint = _found(await endpoints.get(self._registry.redis, self._registry.keys, endpoint_id))
        trial = await self._trials.send(endpoint)
        log.info("endpoint.tested", endpoint_id=endpoint_id, status=trial.status, error=trial.error, ms=trial.ms)
        return answer(trial)

    async def _rotate(self, request: Request) -> Response:
        endpoint_id, wish = path_id(request, NOUN), rotation(await json_object(request, optional=True))
        try:
            rotated = await _uncontended(rotate(self._registry, endpoint_id, wish, now_ms()))
        except InvalidEndpointError as error:
            raise ProblemError(422, "the secret cannot be rotated like this", *error.mistakes) from None
        except RefusedRotationError as error:
            raise ProblemError(409, str(error)) from None
        endpoint, secret = _found(rotated)
        log.info("endpoint.secret_rotated", endpoint_id=endpoint_id, scheme=endpoint.scheme)
        [one] = await shown_all(self._registry, endpoint)
        return answer(shown_once(one, secret))

    async def _disable(self, request: Request) -> Response:
        endpoint_id = path_id(request, NOUN)
        nothing(await json_object(request, optional=True))
        endpoint = _found(await _uncontended(disable(self._registry.redis, self._registry.keys, endpoint_id, now_ms())))
        log.info("endpoint.disabled", endpoint_id=endpoint_id, reason="by_hand")
        [one] = await shown_all(self._registry, endpoint)
        return answer(one)

    async def _enable(self, request: Request) -> Response:
        endpoint_id, force = path_id(request, NOUN), forced(await json_object(request, optional=True))
        found = await _uncontended(enable(self._registry, self._trials, endpoint_id, now_ms(), force=force))
        if isinstance(found, Refused):
            log.info(
                "endpoint.not_enabled", endpoint_id=endpoint_id, status=found.trial.status, error=found.trial.error
            )
            raise ProblemError(409, _REFUSED.format(what_came(found.trial)), more={"test": found.trial})
        log.info("endpoint.enabled", endpoint_id=endpoint_id, force=force)
        [one] = await shown_all(self._registry, _found(found))
        return answer(one)


def _found(what: T | None) -> T:
    if what is None:
        raise missing(NOUN)
    return what


async def _uncontended(change: Awaitable[T]) -> T:
    try:
        return await change
    except ContendedError as error:
        raise ProblemError(409, str(error)) from None
