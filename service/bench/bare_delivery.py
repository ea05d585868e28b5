"""PURE. A delivery as a subscriber gets it, made without a relay: the bare loop sends headers and sizes like ours."""

from service.attempt.signing import HmacKey, headers
from service.events.envelope import envelope
from service.events.event import StoredEvent
from service.twilio.callbacks import parse


def delivery(callback: bytes, earlier: int, at: int) -> tuple[dict[str, str], bytes]:
    """Return headers and body of the delivery of a callback.

    `earlier` counts the events of its conversation before it; `at` is the time of the attempt, seconds since 1970.
    Raises MalformedCallbackError.
    """
    event = parse(callback, at * 1000)
    body = envelope(
        StoredEvent(
            entry_id="",
            id=event.id,
            kind=event.kind,
            timestamp=event.timestamp,
            source=event.source,
            account_id=event.account_id,
            conversation_id=event.conversation_id,
            status=event.status,
            previous_status=event.status if earlier else None,
            sequence=earlier + 1,
            late=False,
            data=event.data,
        )
    )
    return headers([HmacKey(bytes(32))], event.id, body, timestamp=at, attempt=1, previous=str(earlier)), body
