"""Making the endpoints what a file declares: checked as a whole, compared, and then done step by step."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from service.endpoints.declaration import Declaration, Declared, declaration
from service.endpoints.difference import PLAIN, Known, Step, difference
from service.endpoints.endpoint import Endpoint
from service.endpoints.rotation import Successor
from service.registration import InvalidEndpointError, register, unreachable
from service.registry.alteration import alter
from service.registry.registry import Registry
from service.registry.rotation import with_key
from service.registry.sealing import header_values, key, public_key, sealed, shown_secret
from service.store import endpoints


class OvertakenError(Exception):
    """An endpoint is no longer what the plan was made from."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: somebody else has changed it meanwhile; nothing more was done, apply the file again")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file asks for, what there is, and the steps between them."""

    declared: Mapping[str, Declared]
    known: Mapping[str, Known]
    steps: tuple[Step, ...]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a step: the endpoint's id, and what was made for it: a secret, this once, or a public key."""

    name: str
    id: str
    secret: str | None = None
    public_key: str | None = None


async def prepared(registry: Registry, text: str, environment: Mapping[str, str], *, prune: bool) -> Plan:
    """Return what has to be done for a file; nothing is changed.

    Raises InvalidEndpointError with every mistake, service.store.secrets.WrongSecretKeyError, and RedisError.
    """
    egress = registry.egress
    found = declaration(text, environment, allow_http=egress.allow_http, allowed=egress.allowed)
    there = (await endpoints.listing(registry.redis, registry.keys)).endpoints.values()
    known = {each.name: _known(registry, each) for each in there if each.name}
    wrong = found.mistakes or await _unreachable(registry, found, known)
    if wrong:
        raise InvalidEndpointError(wrong)
    steps = difference(found.entries, known.values(), prune=prune)
    return Plan({entry.new.name: entry for entry in found.entries}, known, tuple(steps))


async def carry_out(registry: Registry, plan: Plan, step: Step, now_ms: int) -> Done:
    """Do what a step says, as long as its endpoint is what it was when the plan was made.

    Raises OvertakenError; InvalidEndpointError, where a name was given meanwhile;
    service.endpoints.rotation.RefusedRotationError; service.registry.alteration.ContendedError; and RedisError.
    """
    if step.id is None:
        return await _create(registry, plan.declared[step.name])
    if step.action == "update":
        return await _update(registry, plan.declared[step.name], plan.known[step.name], now_ms)
    if step.action == "remove":
        await _remove(registry, plan.known[step.name].endpoint)
    return Done(name=step.name, id=step.id)


def _known(registry: Registry, endpoint: Endpoint) -> Known:
    opened = registry.sealer.open(endpoint.sealed_secret)
    return Known(endpoint, opened, header_values(registry.sealer, endpoint))


async def _unreachable(registry: Registry, found: Declaration, known: Mapping[str, Known]) -> list[str]:
    """Look up the names in those URLs that are new."""

    async def look(entry: Declared) -> list[str]:
        before = known.get(entry.new.name)
        if before is not None and before.endpoint.url == entry.new.url:
            return []
        return [f"{entry.place}: {mistake}" for mistake in await unreachable(entry.new.url, registry.egress)]

    answers = await asyncio.gather(*map(look, found.entries))
    return [mistake for answer in answers for mistake in answer]


async def _create(registry: Registry, entry: Declared) -> Done:
    endpoint, secret = await register(registry.redis, registry.keys, registry.sealer, registry.egress, entry.new)
    return _done(registry, entry, endpoint, secret)


async def _update(registry: Registry, entry: Declared, known: Known, now_ms: int) -> Done:
    new, secret = _updated(registry, entry, known, now_ms)

    async def decide(old: Endpoint) -> Endpoint:
        if old != known.endpoint:
            raise OvertakenError(entry.new.name)
        return new

    endpoint = await alter(registry.redis, registry.keys, known.endpoint.id, decide, now_ms)
    if endpoint is None:
        raise OvertakenError(entry.new.name)
    if endpoint.sealed_secret == known.endpoint.sealed_secret:
        return Done(name=endpoint.name, id=endpoint.id)
    return _done(registry, entry, endpoint, secret)


def _updated(registry: Registry, entry: Declared, known: Known, now_ms: int) -> tuple[Endpoint, str]:
    """Return the endpoint as it is to be, and what to show of its secret, "" where there is nothing to show."""
    wish, old = entry.new, known.endpoint
    new = msgspec.structs.replace(old, **{name: getattr(wish, name) for name in PLAIN})
    if wish.headers != known.headers:
        new = msgspec.structs.replace(new, sealed_headers=sealed(registry.sealer, wish.headers))
    if wish.scheme == old.scheme and entry.key in (None, known.key):
        return new, ""
    raw = key(wish.scheme, None) if entry.key is None else entry.key
    return with_key(registry.sealer, new, raw, Successor("", wish.scheme), now_ms), shown_secret(wish.scheme, raw)


async def _remove(registry: Registry, known: Endpoint) -> None:
    if await endpoints.get(registry.redis, registry.keys, known.id) != known:
        raise OvertakenError(known.name)
    await endpoints.remove(registry.redis, registry.keys, known.id)


def _done(registry: Registry, entry: Declared, endpoint: Endpoint, secret: str) -> Done:
    # A secret that was brought along is known to whoever brought it.
    return Done(
        name=endpoint.name,
        id=endpoint.id,
        secret=None if entry.key is not None else secret or None,
        public_key=public_key(registry.sealer, endpoint),
    )
