"""PURE. The body that subscribers get. Built from the stored entry alone, so that each attempt has the same bytes."""

import msgspec

from service.events.event import StoredEvent
from service.events.types import event_type

_text = msgspec.json.Encoder().encode


def envelope(event: StoredEvent) -> bytes:
    """Return the JSON body of a delivery, UTF-8. `data` is the sender's object, byte for byte.

    `late` is present, and true, only where an already stored state had overtaken this one.
    """
    parts = (
        b'{"id":', _text(event.id),
        b',"type":', _text(event_type(event)),
        b',"timestamp":', _text(event.timestamp),
        b',"sequence":', _text(event.sequence),
        b',"source":', _text(event.source),
        b',"account_id":', _text(event.account_id),
        b',"conversation_id":', _text(event.conversation_id),
        b',"late":true' if event.late else b"",
        b',"data":', event.data,
        b"}",
    )  # fmt: skip
    return b"".join(parts)
