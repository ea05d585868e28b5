"""What a user asks of an endpoint, in JSON. Pure: members in, what is meant and mistakes out."""

from collections.abc import Mapping
from typing import Any

import msgspec

from service.endpoints.description import AMENDABLE, NEW, ROTATION, new, read
from service.endpoints.endpoint import Amendment, NewEndpoint
from service.registry.rotation import Rotation
from service.web.api.reading import unknown
from service.web.problems import ProblemError

SWITCH = ("force",)


class Described(msgspec.Struct, frozen=True):
    """What was described, as far as it can be read (None without a URL), and what cannot."""

    new: NewEndpoint | None
    mistakes: tuple[str, ...]


class Changed(msgspec.Struct, frozen=True):
    """What is to change, as far as it can be read, and what cannot."""

    wish: Amendment
    mistakes: tuple[str, ...]


def described(fields: Mapping[str, object]) -> Described:
    """Return the endpoint that these members describe, with a sentence for each that is wrong in form."""
    values, mistakes = new(fields)
    return Described(NewEndpoint(**values) if "url" in values else None, (*unknown(fields, NEW), *mistakes))


def changed(fields: Mapping[str, object]) -> Changed:
    """Return what these members change, with a sentence for each that is wrong in form."""
    values, mistakes = read(fields, AMENDABLE)
    return Changed(Amendment(**values), (*unknown(fields, AMENDABLE), *mistakes))


def rotation(fields: Mapping[str, object]) -> Rotation:
    """Return the rotation that these members ask for. Raises ProblemError (422) that names every mistake."""
    values, mistakes = read(fields, ROTATION)
    _check("the secret cannot be rotated like this", [*unknown(fields, ROTATION), *mistakes])
    return Rotation(**values)


def forced(fields: Mapping[str, object]) -> bool:
    """Return whether a test is to be left out. Raises ProblemError (422) that names every mistake."""
    values, mistakes = read(fields, SWITCH)
    _check("the endpoint cannot be enabled like this", [*unknown(fields, SWITCH), *mistakes])
    found: Any = values.get("force", False)
    return bool(found)


def nothing(fields: Mapping[str, object]) -> None:
    """Raise ProblemError (422) where there is any member."""
    _check("this takes no members", [f"{name[:64]}: there is no such member" for name in fields])


def _check(detail: str, mistakes: list[str]) -> None:
    if mistakes:
        raise ProblemError(422, detail, *mistakes)
