"""Switching an endpoint off by hand, and on again: then it has to take a signed test first."""

import msgspec
from redis.asyncio import Redis

from service.endpoints.endpoint import Disabled, Endpoint
from service.registry.alteration import alter
from service.registry.registry import Registry
from service.registry.trial import Trial, Trials
from service.store import health
from service.store.keys import Keys


class Refused(msgspec.Struct, frozen=True):
    """The endpoint did not take the test, and stays disabled."""

    trial: Trial


async def disable(redis: Redis, keys: Keys, endpoint_id: str, now_ms: int) -> Endpoint | None:
    """Return an endpoint after it was disabled, None where there is none; one that is disabled keeps its reason.

    Raises service.registry.alteration.ContendedError, and redis.exceptions.RedisError.
    """

    async def decide(old: Endpoint) -> Endpoint:
        return old if old.disabled else msgspec.structs.replace(old, disabled=Disabled("by_hand", now_ms))

    return await alter(redis, keys, endpoint_id, decide, now_ms)


async def enable(
    registry: Registry, trials: Trials, endpoint_id: str, now_ms: int, *, force: bool = False
) -> Endpoint | Refused | None:
    """Return an endpoint after it was enabled, None where there is none.

    It is enabled as it stood when it took the test; one that is not disabled is not tested. `force` enables it
    untested. What it has been through is forgotten then. Raises as `disable` does, and
    service.store.secrets.WrongSecretKeyError.
    """
    refused: Refused | None = None
    changed = False

    async def decide(old: Endpoint) -> Endpoint:
        nonlocal refused, changed
        trial = None if force or old.disabled is None else await trials.send(old)
        refused = Refused(trial) if trial is not None and not trial.delivered else None
        changed = old.disabled is not None and refused is None
        return msgspec.structs.replace(old, disabled=None, enabled_at=now_ms) if changed else old

    endpoint = await alter(registry.redis, registry.keys, endpoint_id, decide, now_ms)
    if endpoint is not None and changed:
        await health.clear(registry.redis, registry.keys, endpoint_id)
    return refused or endpoint


def what_came(trial: Trial) -> str:
    """Return what a test that was not taken came to, as part of a sentence. Pure."""
    return f"answered {trial.status}" if trial.status is not None else f"could not be reached ({trial.error})"
