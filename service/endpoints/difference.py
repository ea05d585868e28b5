"""PURE. What has to be done for the endpoints to be as a file declares them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from service.endpoints.declaration import Declared
from service.endpoints.endpoint import Endpoint, NewEndpoint
from service.endpoints.shown import MASK

Action = Literal["create", "update", "unchanged", "remove"]
Value = str | float | bool | tuple[str, ...] | None

PLAIN = ("url", "types", "description", "ordered", "rate_limit")
"""Members whose values may be shown."""


class Known(msgspec.Struct, frozen=True):
    """An endpoint that is there, with its secret and its headers opened."""

    endpoint: Endpoint
    key: bytes
    headers: Mapping[str, str]


class Change(msgspec.Struct, frozen=True):
    """A member that changes; a secret, or a header's value, is masked, and None where there is none."""

    member: str
    before: Value
    after: Value


class Step(msgspec.Struct, frozen=True):
    """What has to be done about one endpoint; without an id there is none yet."""

    action: Action
    name: str
    id: str | None
    changes: tuple[Change, ...] = ()


def difference(declared: Sequence[Declared], known: Iterable[Known], *, prune: bool) -> list[Step]:
    """Return a step for each declared endpoint, in the order of the file, and then for each that is to be removed.

    Endpoints without a name are left alone; those that have one and are not declared are removed where `prune` says.
    """
    there = {each.endpoint.name: each for each in known if each.endpoint.name}
    steps = [_step(entry, there.get(entry.new.name)) for entry in declared]
    wanted = {entry.new.name for entry in declared}
    gone = [each.endpoint for name, each in there.items() if name not in wanted] if prune else []
    return steps + [Step("remove", endpoint.name, endpoint.id) for endpoint in gone]


def _step(entry: Declared, known: Known | None) -> Step:
    if known is None:
        return Step("create", entry.new.name, None, _made(entry.new))
    changes = (*_plain(entry.new, known.endpoint), *_headers(entry.new, known), *_key(entry, known))
    return Step("update" if changes else "unchanged", entry.new.name, known.endpoint.id, changes)


def _made(new: NewEndpoint) -> tuple[Change, ...]:
    plain = [Change(name, None, getattr(new, name)) for name in PLAIN if getattr(new, name) not in ("", None, False)]
    scheme = [] if new.scheme == "v1" else [Change("scheme", None, new.scheme)]
    return (*plain, *(Change(f"headers.{name}", None, MASK) for name in new.headers), *scheme)


def _plain(new: NewEndpoint, old: Endpoint) -> list[Change]:
    pairs = [(name, getattr(old, name), getattr(new, name)) for name in PLAIN]
    return [Change(name, before, after) for name, before, after in pairs if before != after]


def _headers(new: NewEndpoint, known: Known) -> list[Change]:
    before, after = known.headers, new.headers
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [Change(f"headers.{n}", MASK if n in before else None, MASK if n in after else None) for n in changed]


def _key(entry: Declared, known: Known) -> list[Change]:
    old = known.endpoint
    schemes = [] if entry.new.scheme == old.scheme else [Change("scheme", old.scheme, entry.new.scheme)]
    replaced = bool(schemes) or (entry.key is not None and entry.key != known.key)
    return [*schemes, *([Change("secret", MASK, MASK)] if replaced else [])]
