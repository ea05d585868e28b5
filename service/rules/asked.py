"""PURE. What rules ask for, as values: the plan of an event turns them into intents and gatherings.

Arguments are JSON, in the members of the structs below: `msgspec.to_builtins` makes them, `msgspec.convert` reads them.
"""

from typing import Any, Literal

import msgspec

Kind = Literal["close", "observe", "gather"]


class Asked(msgspec.Struct, frozen=True):
    """What one rule asks for after an event, `delay` seconds from now.

    `close` and `observe` are jobs; their arguments are CloseArguments and ObserveArguments. `gather` is no job: the
    communication waits with others of its profile until they are written together; its arguments are Gathered.
    """

    kind: Kind
    rule: str
    delay: int
    arguments: dict[str, Any]


class Author(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose side an event's author is on is to be decided by the participant's type: `types` are those of customers."""

    types: tuple[str, ...]
    participant_id: str | None = None
    address: str | None = None


class CloseArguments(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the close job still has to look at; what the event itself could answer is decided already.

    `channels`: the conversation has been on one of them (empty: any). `configurations`: it was made with one of them
    (empty: any). `unless_other_channels_active`: not while there is traffic on a channel but `channel`, or on `channel`
    by another message or call than `channel_id`. `author`: not unless the author is a customer.
    """

    channels: tuple[str, ...] = ()
    configurations: tuple[str, ...] = ()
    unless_other_channels_active: bool = False
    channel: str | None = None
    channel_id: str | None = None
    author: Author | None = None


class ObserveArguments(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the observe job writes, and still has to look at (as for a close).

    `when` says what is observed: `conversation.closed`, a record of the whole conversation; or `intelligence.result`,
    the entries `results` (from 0) of the event's list of results.
    """

    when: str
    template: str
    source: str
    channels: tuple[str, ...] = ()
    configurations: tuple[str, ...] = ()
    results: tuple[int, ...] = ()


class Gathered(msgspec.Struct, frozen=True, omit_defaults=True):
    """One communication to observe; its text stays in the event log, under the event's id.

    `occurred_at` is when it was said, in the fixed width. `author`: not unless the author is a customer.
    """

    event_id: str
    conversation_id: str
    occurred_at: str
    template: str
    source: str
    author: Author
    communication_id: str | None = None
    channel: str | None = None
    configurations: tuple[str, ...] = ()
