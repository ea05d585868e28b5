"""PURE. A Conversation Orchestrator callback: bytes in, an Event out.

Lenient on purpose. Twilio's documents, SDKs and samples differ, so only what we cannot do without is demanded: a JSON
object, a text `eventType` and an object `data`. Everything else goes through untouched.
"""

from typing import cast

import msgspec

from service.events.dedupe import callback_id
from service.events.event import Event, Words
from service.events.times import fixed_width, from_milliseconds
from service.twilio.inbound.names import between, is_sid

LONGEST_ID = 128
"""Ids are opaque; a longer one cannot be a key."""
_MOST_RECIPIENTS = 8
"""Whose addresses become names; each name costs the append a key."""


class MalformedCallbackError(ValueError):
    """The request is Twilio's but cannot be read; the message says why and repeats nothing of the content."""


class _Callback(msgspec.Struct):
    eventType: str  # noqa: N815 - Twilio's name
    data: msgspec.Raw
    timestamp: object = None


_decode = msgspec.json.Decoder(_Callback).decode
_decode_data = msgspec.json.Decoder(dict[str, object]).decode


def parse(body: bytes, received_ms: int) -> Event:
    """Return the event that a callback's body tells of.

    `received_ms` (milliseconds since 1970) stands in for a missing `timestamp`. Raises MalformedCallbackError.
    """
    try:
        callback = _decode(body)
        return _event(callback, _decode_data(callback.data), body, received_ms)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MalformedCallbackError(why_unreadable(error)) from None


def why_unreadable(error: Exception) -> str:
    """Return why a body could not be read, in words that repeat nothing of it."""
    # msgspec names the member and the type that was expected, never a value of it.
    return str(error) if isinstance(error, msgspec.MsgspecError | MalformedCallbackError) else type(error).__name__


def _event(callback: _Callback, data: dict[str, object], body: bytes, received_ms: int) -> Event:
    kind = callback.eventType
    if not kind or len(kind) > LONGEST_ID:
        message = "eventType is empty or too long"
        raise MalformedCallbackError(message)
    version = fixed_width(data.get("updatedAt"))
    signed_at = fixed_width(callback.timestamp)
    resource = _identifier(data, "id")
    names, words = _spoken(data) if kind == "COMMUNICATION_CREATED" else ((), None)
    return Event(
        id=callback_id(kind, data, version, body),
        kind=kind,
        timestamp=cast("str", callback.timestamp) if signed_at else from_milliseconds(received_ms),
        source="orchestrator",
        account_id=_identifier(data, "accountId"),
        conversation_id=_conversation(kind, resource, _identifier(data, "conversationId")),
        resource_id=resource,
        version=version or signed_at,
        status=_status(kind, data),
        data=bytes(callback.data),
        occurred=signed_at or version,
        names=names,
        words=words,
    )


def _spoken(data: dict[str, object]) -> tuple[tuple[str, ...], Words | None]:
    """Return the names by which a communication makes its conversation known, and whether it is speech of a call.

    Its channel's id is the message, the call or the classic conversation; people are known by their two addresses.
    """
    sid, author = data.get("channelId"), data.get("author")
    names: tuple[str, ...] = (sid,) if isinstance(sid, str) and is_sid(sid) else ()
    if not isinstance(author, dict):
        return names, None
    channel, address = author.get("channel"), author.get("address")
    captured = names and channel == "VOICE" and _is_speech(data.get("content"))
    if isinstance(channel, str) and isinstance(address, str):
        names += _pairs(channel, address, data.get("recipients"))
    return names, "captured" if captured else None


def _is_speech(content: object) -> bool:
    return isinstance(content, dict) and content.get("type") == "TRANSCRIPTION"


def _pairs(channel: str, author: str, recipients: object) -> tuple[str, ...]:
    held = recipients[:_MOST_RECIPIENTS] if isinstance(recipients, list) else []
    others = [one.get("address") for one in held if isinstance(one, dict)]
    return tuple(name for other in others if isinstance(other, str) for name in between(author, other, channel))


def _identifier(data: dict[str, object], name: str) -> str | None:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        return None
    if len(value) > LONGEST_ID:
        message = f"data.{name} is longer than {LONGEST_ID} characters"
        raise MalformedCallbackError(message)
    return value


def _conversation(kind: str, resource: str | None, named: str | None) -> str | None:
    return named or (resource if kind.startswith("CONVERSATION_") else None)


def _status(kind: str, data: dict[str, object]) -> str | None:
    status = data.get("status")
    return status if kind.startswith("CONVERSATION_") and isinstance(status, str) else None
