"""PURE. An operation: what Twilio does after it has answered 202."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from service.twilio.resources.reading import Json, Resource, mapping, text

State = Literal["running", "completed", "failed"]

_ENDED: Mapping[str, State] = {
    "COMPLETED": "completed", "FAILED": "failed", "CANCELLED": "failed", "CANCELED": "failed",
}  # fmt: skip


class Operation(Resource, frozen=True):
    """An operation as last heard of; `resource_id` is what it makes or changes, where Twilio says so.

    `status_url` is where Twilio wants to be asked. `retry_after` is in seconds.
    """

    id: str
    status: str
    resource_id: str | None = None
    status_url: str | None = None
    error: Json = msgspec.field(default_factory=dict)
    retry_after: float | None = None

    @property
    def state(self) -> State:
        """How far it is. Descriptions name three or five statuses: each that is not known to be an end still runs."""
        return _ENDED.get(self.status.upper(), "running")


def operation_of(
    body: Any,  # noqa: ANN401 - any JSON
    headers: Mapping[str, str],
    retry_after: float | None = None,
    before: Operation | None = None,
) -> Operation:
    """Return the operation that a 202, or an answer about an operation, tells of.

    `headers` have lower-case names. What this answer leaves out is taken from `before`.
    """
    known = before or Operation("", "")
    url = text(body, "statusUrl") or known.status_url or headers.get("location")
    named = text(body, "operationId") or headers.get("operation-id") or known.id
    related = mapping(body, "related")
    return Operation(
        named or _last_segment(url),
        text(body, "status") or "",
        text(related, "configurationId", "conversationId") or known.resource_id,
        url,
        mapping(body, "error"),
        retry_after,
    )


def _last_segment(url: str | None) -> str:
    return (url or "").partition("?")[0].rstrip("/").rpartition("/")[2]
