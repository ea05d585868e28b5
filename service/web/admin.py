"""The admin process's ASGI application, for a private port: the admin API, health and metrics. Wiring and no more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from service.endpoints.addresses import networks
from service.registration import Egress
from service.registry.registry import Registry
from service.registry.trial import Trials
from service.settings import InvalidSettingsError, Settings, missing
from service.store.keys import Keys
from service.store.secrets import Sealer, check_fingerprint
from service.web.api.conversations import Conversations
from service.web.api.deliveries import Deliveries
from service.web.api.endpoint_actions import EndpointActions
from service.web.api.endpoints import Endpoints
from service.web.api.events import Events
from service.web.api.health import Health
from service.web.api.jobs import Jobs
from service.web.api.replays import Replays
from service.web.api.statistics import StatisticsRoutes
from service.web.gate import Gate
from service.web.problems import HANDLERS
from service.web.request_log import RequestLog


def create(settings: Settings, redis: Redis) -> Starlette:
    """Return the application; nothing is asked of Redis before its lifespan begins, and `redis` is closed at its end.

    Raises InvalidSettingsError without ADMIN_TOKEN or SECRET_KEY. The lifespan raises
    service.store.secrets.WrongSecretKeyError where Redis holds secrets that were sealed with another SECRET_KEY.
    """
    token, secret_key = settings.admin_token, settings.secret_key
    if not token or not secret_key:
        raise InvalidSettingsError(missing(settings, ("admin",)))
    keys, sealer = Keys(settings.key_prefix), Sealer(secret_key.get_secret_value())
    egress = Egress(settings.allow_http_endpoints, networks(settings.egress_allow))
    trials = Trials(sealer, egress.allowed)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            await check_fingerprint(redis, keys, sealer)
            async with trials:
                yield
        finally:
            await redis.aclose()

    routes = _routes(Registry(redis, keys, sealer, egress), trials)
    app = Starlette(
        routes=routes,
        middleware=[Middleware(RequestLog, routes), Middleware(Gate, token.get_secret_value())],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    # A path with a slash too many is another address; a redirect would be made from the Host that the sender names.
    app.router.redirect_slashes = False
    return app


def _routes(registry: Registry, trials: Trials) -> list[Route]:
    redis, keys = registry.redis, registry.keys
    return [
        *Endpoints(registry).routes(),
        *EndpointActions(registry, trials).routes(),
        *Replays(redis, keys).routes(),
        *Events(redis, keys).routes(),
        *Deliveries(redis, keys).routes(),
        *Conversations(redis, keys).routes(),
        *Jobs(redis, keys).routes(),
        *StatisticsRoutes(redis, keys).routes(),
        *Health(redis, keys).routes(),
    ]
