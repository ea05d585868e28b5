"""PURE. Messages and calls of the classic API (2010-04-01), whose JSON has lower_case_names."""

from typing import Any

from service.twilio.resources.reading import Json, Resource, text


class Message(Resource, frozen=True):
    """A message: how far its delivery is, and the error code of one that failed."""

    id: str
    status: str
    error_code: int | None
    direction: str | None


class Call(Resource, frozen=True):
    """A call and its state; `duration` in seconds, None while it lasts."""

    id: str
    status: str
    duration: int | None
    direction: str | None


def message_of(body: Json, sid: str) -> Message:
    """Return the message that an answer tells of."""
    return Message(
        text(body, "sid") or sid, text(body, "status") or "", _number(body.get("error_code")), text(body, "direction")
    )


def call_of(body: Json, sid: str) -> Call:
    """Return the call that an answer tells of."""
    return Call(
        text(body, "sid") or sid, text(body, "status") or "", _number(body.get("duration")), text(body, "direction")
    )


def _number(value: Any) -> int | None:  # noqa: ANN401 - any JSON
    """Return a number that stands as one or as text: this API writes `duration` as text and `error_code` as number."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
