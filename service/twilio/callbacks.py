"""PURE. A Conversation Orchestrator callback: bytes in, an Event out.

Lenient on purpose. Twilio's documents, SDKs and samples differ, so only what we cannot do without is demanded: a JSON
object, a text `eventType` and an object `data`. Everything else goes through untouched.
"""

from typing import cast

import msgspec

from service.events.dedupe import callback_id
from service.events.event import Event
from service.events.times import fixed_width, from_milliseconds

LONGEST_ID = 128
"""Ids are opaque; a longer one cannot be a key."""


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
        raise MalformedCallbackError(_reason(error)) from None


def _reason(error: Exception) -> str:
    # msgspec names the member and the type that was expected, never a value of it.
    return str(error) if isinstance(error, msgspec.MsgspecError) else type(error).__name__


def _event(callback: _Callback, data: dict[str, object], body: bytes, received_ms: int) -> Event:
    kind = callback.eventType
    if not kind or len(kind) > LONGEST_ID:
        message = "eventType is empty or too long"
        raise MalformedCallbackError(message)
    version = fixed_width(data.get("updatedAt"))
    signed_at = fixed_width(callback.timestamp)
    resource = _identifier(data, "id")
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
    )


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
