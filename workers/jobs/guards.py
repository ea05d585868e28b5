"""PURE. What may speak against a close that a rule asked for: each guard returns why not, or None.

Closing is final and not closing is not, so what Twilio does not say speaks against it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from service.events.times import fixed_width
from service.events.types import ACTIVE
from service.rules.asked import Author, CloseArguments

ACTIVE_FOR = timedelta(hours=24)
"""A channel counts as active for so long after its last communication; Twilio's INACTIVE ends it sooner."""
_CALLS = "VOICE"
_MESSAGES = ("SM", "MM")


class Fetched(msgspec.Struct, frozen=True):
    """A conversation as Twilio has it: its status, and the configuration that it was made with (None: not said)."""

    status: str
    configuration: str | None = None


class Seen(msgspec.Struct, frozen=True):
    """A communication: its id, and when it came to be in the fixed width (None: Twilio does not say).

    `channel` is VOICE, SMS and so on, `channel_id` the call or the message, `said_at` when it was said or written;
    None: not told.
    """

    id: str
    at: str | None
    channel: str | None = None
    channel_id: str | None = None
    said_at: str | None = None


def seen(
    communication_id: str,
    created_at: str | None,
    occurred_at: str | None,
    channel: str | None = None,
    channel_id: str | None = None,
) -> Seen:
    """Return a communication with the time that counts: its creation (Twilio's clock), else when it was said."""
    said_at = fixed_width(occurred_at)
    name = channel.upper() if channel else None
    return Seen(communication_id, fixed_width(created_at) or said_at, name, channel_id, said_at)


def looks_at_channels(wanted: CloseArguments) -> bool:
    """Return whether the channels of the communications matter."""
    return bool(wanted.channels) or wanted.unless_other_channels_active


def configuration(wanted: CloseArguments, fetched: Fetched) -> str | None:
    """Return why the conversation's configuration speaks against the close."""
    if not wanted.configurations or fetched.configuration in wanted.configurations:
        return None
    told = fetched.configuration or "not told by Twilio"
    return f"its configuration is {told}, and the rule is for {_any(wanted.configurations)}"


def author(wanted: Author, kind: str) -> str | None:
    """Return why Twilio's type of who wrote speaks against the close; '': nobody of that name takes part."""
    if kind in wanted.types:
        return None
    if not kind:
        return "who wrote is not among those who take part, or of no type, and only a customer's words count"
    return f"who wrote is of the type {kind}, and only a customer's words count ({_any(wanted.types)})"


def newer(wanted: CloseArguments, communications: Iterable[Seen], decided_at: str) -> str | None:
    """Return which communication came after the decision, or cannot be compared with it."""
    for one in communications:
        at = _came(wanted, one)
        if at is None:
            return f"communication {one.id} carries no time that could be compared"
        if at > decided_at:
            return f"communication {one.id} of {at} is newer than the decision of {decided_at}"
    return None


def _came(wanted: CloseArguments, one: Seen) -> str | None:
    """Return when it came; of the message or the call that the event is about, what was captured late is not new."""
    if wanted.channel_id is None or one.channel_id != wanted.channel_id:
        return one.at
    return "" if one.channel_id.startswith(_MESSAGES) else one.said_at or one.at


def channels(wanted: CloseArguments, communications: Sequence[Seen]) -> str | None:
    """Return why the channels that the conversation has been on speak against the close."""
    been = sorted({one.channel for one in communications if one.channel})
    if not wanted.channels or not set(wanted.channels).isdisjoint(been):
        return None
    told = f"it has been on {' and '.join(been)} only" if been else "nothing was said on any channel"
    return f"{told}, and the rule is for {_any(wanted.channels)}"


def elsewhere(wanted: CloseArguments, communications: Iterable[Seen], status: str, decided_at: str) -> str | None:
    """Return which communication shows that another channel, or another call, is active."""
    if not wanted.unless_other_channels_active or status != ACTIVE:
        # INACTIVE is said of all channels together.
        return None
    since = _before(decided_at)
    found = next((one for one in communications if _elsewhere(wanted, one) and (one.at or since) >= since), None)
    if found is None:
        return None
    return f"{_place(wanted, found)} is active: communication {found.id} of {found.at}"


def _elsewhere(wanted: CloseArguments, one: Seen) -> bool:
    if wanted.channel is None or one.channel != wanted.channel:
        return True
    # Each message of a thread has a SID of its own; only a call is something that another one goes on beside.
    both = wanted.channel == _CALLS and wanted.channel_id and one.channel_id
    return bool(both) and one.channel_id != wanted.channel_id


def _place(wanted: CloseArguments, one: Seen) -> str:
    if one.channel is None:
        return "a channel that Twilio does not tell"
    return f"another call ({one.channel_id})" if one.channel == wanted.channel else one.channel


def _before(decided_at: str) -> str:
    return fixed_width((datetime.fromisoformat(decided_at) - ACTIVE_FOR).isoformat()) or ""


def _any(names: Iterable[str]) -> str:
    return " or ".join(names)
