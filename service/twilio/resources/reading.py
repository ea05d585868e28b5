"""PURE. Reading Twilio's JSON without trusting its shape; and resources that keep quiet about people."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from service.events.times import fixed_width

Json = dict[str, Any]
"""A JSON object."""


class Resource(msgspec.Struct, frozen=True):
    """A resource whose `repr` tells its class and id only: texts, names and numbers must not reach a log by chance."""

    def __repr__(self) -> str:
        """Return class and id."""
        return f"{type(self).__name__}({getattr(self, 'id', '…')})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return the id, for tracebacks that show variables."""
        return [("id", getattr(self, "id", "…"))]


def text(body: object, *names: str) -> str | None:
    """Return the first of these members that is a text and not empty, else None."""
    found = (body.get(name) for name in names) if isinstance(body, Mapping) else ()
    return next((value for value in found if isinstance(value, str) and value), None)


def moment(body: object, *names: str) -> str | None:
    """Return the first of these members that is a time, in the fixed width in which times compare; else None."""
    found = (body.get(name) for name in names) if isinstance(body, Mapping) else ()
    return next((at for at in map(fixed_width, found) if at), None)


def created_at(body: object) -> str | None:
    """Return when a resource came to be; some answers were seen with `dateCreated` in place of `createdAt`."""
    return moment(body, "createdAt", "dateCreated")


def updated_at(body: object) -> str | None:
    """Return when a resource was last changed; see `created_at`."""
    return moment(body, "updatedAt", "dateUpdated")


def mapping(body: object, name: str) -> Json:
    """Return a member that is an object; an empty one where it is anything else."""
    found = body.get(name) if isinstance(body, Mapping) else None
    return found if isinstance(found, dict) else {}


def listed(body: object, name: str) -> tuple[Any, ...]:
    """Return the entries of a member that is an array; none where it is anything else."""
    found = body.get(name) if isinstance(body, Mapping) else None
    return tuple(found) if isinstance(found, list) else ()


def texts(body: object, name: str) -> tuple[str, ...]:
    """Return those entries of an array that are texts."""
    return tuple(entry for entry in listed(body, name) if isinstance(entry, str))


_OTHER_NAMES = {"createdAt": "dateCreated", "updatedAt": "dateUpdated"}


def lacks(item: object, needed: Iterable[str]) -> bool:
    """Return whether a list's item has not all the members (Twilio's names) that are needed; null counts as absent."""
    if not isinstance(item, Mapping):
        return True
    return any(item.get(name) is None and item.get(_OTHER_NAMES.get(name, name)) is None for name in needed)


def id_of(item: object) -> str | None:
    """Return the id of a list's item, which is an object, or the id itself; None for what is neither."""
    return item or None if isinstance(item, str) else text(item, "id")
