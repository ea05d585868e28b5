"""PURE. Results of Conversation Intelligence, and the windows in which its list of conversations may be asked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from service.twilio.resources.reading import Json, Resource, created_at, mapping, text

LONGEST_WINDOW = timedelta(days=31)
"""Between `createdAtAfter` and `createdAtBefore`; Twilio refuses more."""


class OperatorResult(Resource, frozen=True):
    """What an operator made of a conversation; `raw` is Twilio's own object with the result itself."""

    id: str
    conversation_id: str | None
    operator_id: str | None
    output_format: str | None
    created_at: str | None
    raw: Json = msgspec.field(default_factory=dict)


def operator_result_of(body: Any) -> OperatorResult:  # noqa: ANN401 - any JSON
    """Return the operator result that an answer or a list's item tells of."""
    return OperatorResult(
        text(body, "id") or "",
        text(body, "conversationId"),
        text(mapping(body, "operator"), "id") or text(body, "operatorId"),
        text(body, "outputFormat"),
        created_at(body),
        body if isinstance(body, dict) else {},
    )


def windows(after: datetime, before: datetime) -> Iterator[tuple[str, str]]:
    """Yield a span of time as windows that Twilio takes, the oldest first, each as two ISO 8601 texts in UTC."""
    while after < before:
        until = min(after + LONGEST_WINDOW, before)
        yield _text(after), _text(until)
        after = until


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
