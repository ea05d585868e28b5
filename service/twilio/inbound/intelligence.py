"""PURE. Conversation Intelligence rule webhooks: what an operator found out about a conversation.

https://www.twilio.com/docs/conversational-intelligence
"""

import hashlib

import msgspec

from service.events.dedupe import event_id
from service.events.event import Event
from service.events.times import fixed_width, from_milliseconds
from service.twilio.callbacks import LONGEST_ID, MalformedCallbackError, why_unreadable

KIND = "intelligence.result"

_decode = msgspec.json.Decoder(dict[str, object]).decode


def event(body: bytes, received_ms: int) -> Event:
    """Return the event of a rule webhook, by the ids of its results; without one only byte-equal bodies are repeats.

    Raises MalformedCallbackError for what is no JSON object.
    """
    try:
        told = _decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MalformedCallbackError(why_unreadable(error)) from None
    held = told.get("operatorResults")
    results = [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []
    ids = sorted(_text(one, "id") for one in results)
    key = ids if ids and all(ids) else ["body", hashlib.sha256(body).hexdigest()]
    dates = [at for one in results if (at := fixed_width(one.get("dateCreated")))]
    occurred = max(dates, default=None)
    return Event(
        id=event_id("intelligence", *key),
        kind=KIND,
        timestamp=occurred or from_milliseconds(received_ms),
        source="intelligence",
        account_id=_text(told, "accountId") or None,
        conversation_id=_text(told, "conversationId") or None,
        resource_id=None,
        version=None,
        status=None,
        data=body,
        occurred=occurred,
    )


def _text(held: dict[str, object], name: str) -> str:
    value = held.get(name)
    if not isinstance(value, str):
        return ""
    if len(value) > LONGEST_ID:
        message = f"{name} is longer than {LONGEST_ID} characters"
        raise MalformedCallbackError(message)
    return value
