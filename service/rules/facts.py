"""PURE. What rules want to know of an event, out of Twilio's own data. Texts are read for keywords only.

Lenient: Twilio's members may be missing or of another type; then nothing is known.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from service.events.correlation import channel_of
from service.events.event import StoredEvent
from service.events.times import fixed_width
from service.rules.results import Result, results_of
from service.rules.vocabulary import CALL_ENDS, COMMUNICATION, MESSAGE, REMOVED, RESULT


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What an event tells: `channels` that it was on (empty: it does not say), whose it is, and since when it is.

    `kind` is Twilio's type of the participant, `leg_of` the call that dialled this one. `results` are those of
    Conversation Intelligence.
    """

    channels: tuple[str, ...] = ()
    channel_id: str | None = None
    address: str | None = None
    participant_id: str | None = None
    kind: str | None = None
    configuration: str | None = None
    resource: str | None = None
    leg_of: str | None = None
    occurred_at: str | None = None
    results: tuple[Result, ...] = ()


class _Data(msgspec.Struct):
    """Members that rules look at, by Twilio's names; all others are skipped while reading."""

    id: object = None
    type: object = None
    author: object = None
    addresses: object = None
    channelId: object = None  # noqa: N815 - Twilio's name
    configurationId: object = None  # noqa: N815 - Twilio's name
    occurredAt: object = None  # noqa: N815 - Twilio's name
    createdAt: object = None  # noqa: N815 - Twilio's name
    CallSid: object = None
    ParentCallSid: object = None
    MessageSid: object = None
    From: object = None
    operatorResults: object = None  # noqa: N815 - Twilio's name


class _Words(msgspec.Struct):
    Body: object = None
    content: object = None


_decode = msgspec.json.Decoder(_Data).decode
_decode_words = msgspec.json.Decoder(_Words).decode


def facts(event: StoredEvent, name: str) -> Facts:
    """Return what an event of the type `name` tells."""
    try:
        data = _decode(event.data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Facts()
    return _READ.get(name, _conversation)(data)


def words(event: StoredEvent) -> str:
    """Return the words of a message or of a communication, "" where there are none."""
    try:
        data = _decode_words(event.data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""
    return _text(data.Body) or _text(_member(data.content, "text")) or ""


def _conversation(data: _Data) -> Facts:
    return Facts(configuration=_text(data.configurationId))


def _call(data: _Data) -> Facts:
    return Facts(channels=("VOICE",), channel_id=_text(data.CallSid), leg_of=_text(data.ParentCallSid))


def _message(data: _Data) -> Facts:
    sender = _text(data.From)
    return Facts(channels=(channel_of(sender or "", "SMS"),), channel_id=_text(data.MessageSid), address=sender)


def _results(data: _Data) -> Facts:
    results = results_of(data.operatorResults)
    return Facts(channels=tuple(dict.fromkeys(each for one in results for each in one.channels)), results=results)


def _communication(data: _Data) -> Facts:
    channel = _text(_member(data.author, "channel"))
    return Facts(
        channels=(channel.upper(),) if channel else (),
        channel_id=_text(data.channelId),
        address=_text(_member(data.author, "address")),
        participant_id=_text(_member(data.author, "participantId")),
        resource=_text(data.id),
        occurred_at=fixed_width(data.occurredAt) or fixed_width(data.createdAt),
    )


def _participant(data: _Data) -> Facts:
    addresses = data.addresses if isinstance(data.addresses, list) else []
    channels = [found.upper() for each in addresses if (found := _text(_member(each, "channel")))]
    return Facts(
        channels=tuple(dict.fromkeys(channels)),
        channel_id=next((found for each in addresses if (found := _text(_member(each, "channelId")))), None),
        address=next((found for each in addresses if (found := _text(_member(each, "address")))), None),
        participant_id=_text(data.id),
        kind=_text(data.type),
    )


def _member(value: object, name: str) -> Any:  # noqa: ANN401 - whatever JSON can hold
    return value.get(name) if isinstance(value, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


_READ: Mapping[str, Callable[[_Data], Facts]] = {
    **dict.fromkeys(CALL_ENDS, _call),
    MESSAGE: _message,
    COMMUNICATION: _communication,
    REMOVED: _participant,
    RESULT: _results,
}
