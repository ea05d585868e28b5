"""`endpoints test`, `endpoints disable` and `endpoints enable`."""

from typing import Annotated

import typer
from redis.asyncio import Redis

from service.cli.configuration import load_settings
from service.cli.endpoints import options
from service.cli.endpoints.access import now_ms, on_redis, on_registry, shown
from service.cli.endpoints.printing import absent, fail, print_fields, print_json, say
from service.cli.failures import FAILED
from service.endpoints.shown import Shown
from service.registry import switching
from service.registry.alteration import ContendedError
from service.registry.registry import Registry
from service.registry.switching import Refused
from service.registry.trial import Trial, Trials
from service.store import endpoints
from service.store.keys import Keys

TEST_EXAMPLE = "Example: conversation-events endpoints test ep_0123456789abcdef"
DISABLE_EXAMPLE = "Example: conversation-events endpoints disable ep_0123456789abcdef"
ENABLE_EXAMPLE = "Example: conversation-events endpoints enable ep_0123456789abcdef"


def send_test(endpoint_id: options.Identifier, *, as_json: options.AsJson = False) -> None:
    """Send an endpoint one signed delivery of the type endpoint.test, from here; exits with 1 when it is not taken."""

    async def run(registry: Registry) -> Trial | None:
        endpoint = await endpoints.get(registry.redis, registry.keys, endpoint_id)
        async with Trials(registry.sealer, registry.egress.allowed) as trials:
            return await trials.send(endpoint) if endpoint else None

    trial = on_registry(load_settings(), run)
    if trial is None:
        fail(FAILED, absent(endpoint_id))
    print_fields(trial, as_json=as_json)
    if not trial.delivered:
        raise typer.Exit(FAILED)


def disable(endpoint_id: options.Identifier, *, as_json: options.AsJson = False) -> None:
    """Deliver nothing to an endpoint any more; what it misses is kept as long as the log, and can be replayed."""
    settings = load_settings()

    async def run(redis: Redis, keys: Keys) -> list[Shown]:
        endpoint = await switching.disable(redis, keys, endpoint_id, now_ms())
        # It must be possible without the key: what is sealed is left out then.
        return await shown(redis, keys, settings if settings.secret_key else None, endpoint) if endpoint else []

    try:
        found = on_redis(settings, run)
    except ContendedError as error:
        fail(FAILED, str(error))
    if not found:
        fail(FAILED, absent(endpoint_id))
    print_fields(found[0], as_json=as_json)


def enable(
    endpoint_id: options.Identifier,
    *,
    force: Annotated[bool, typer.Option("--force", help="Without a test.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Deliver to an endpoint again, once it has taken a signed test, and say what it has missed."""
    settings = load_settings()

    async def run(registry: Registry) -> list[Shown] | Refused:
        async with Trials(registry.sealer, registry.egress.allowed) as trials:
            found = await switching.enable(registry, trials, endpoint_id, now_ms(), force=force)
        if isinstance(found, Refused):
            return found
        return await shown(registry.redis, registry.keys, settings, found) if found else []

    try:
        found = on_registry(settings, run)
    except ContendedError as error:
        fail(FAILED, str(error))
    if isinstance(found, Refused):
        _refuse(endpoint_id, found.trial, as_json=as_json)
    elif not found:
        fail(FAILED, absent(endpoint_id))
    else:
        print_fields(found[0], as_json=as_json)
        if found[0].missed and not as_json:
            say(_missed(found[0]))


def _refuse(endpoint_id: str, trial: Trial, *, as_json: bool) -> None:
    if as_json:
        print_json({"id": endpoint_id, "enabled": False, "test": trial})
    came = switching.what_came(trial)
    fail(FAILED, f"The endpoint {came} when it was tested, and stays disabled; --force enables it untested.")


def _missed(one: Shown) -> str:
    return f"It has missed {one.missed} deliveries. To send them: conversation-events events replay --endpoint {one.id}"
