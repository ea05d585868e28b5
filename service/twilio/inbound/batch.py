"""PURE. What one request tells of that carries several events."""

import msgspec

from service.events.event import Event


class Unreadable(msgspec.Struct, frozen=True):
    """An entry that is no event, with the reason; it repeats nothing of the content."""

    entry: bytes
    why: str


class Batch(msgspec.Struct, frozen=True):
    """The events of a request in their order, and what could not be read."""

    events: tuple[Event, ...]
    unreadable: tuple[Unreadable, ...]
