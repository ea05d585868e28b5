"""PURE. SMS, MMS, WhatsApp and RCS: messages that come in, and what became of those that went out.

https://www.twilio.com/docs/messaging/guides/webhook-request and
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
"""

from service.events.event import Event
from service.twilio.inbound.names import between, sids
from service.twilio.inbound.parameters import Parameters
from service.twilio.inbound.report import report

RANKS = {
    "accepted": "1", "scheduled": "1", "queued": "2", "sending": "3", "sent": "4", "receiving": "4", "delivered": "5",
    "received": "5", "read": "6", "undelivered": "9", "failed": "9", "canceled": "9",
}  # fmt: skip
"""Order of a message's states; 9 is final. They come with neither a time nor a number, and overtake each other."""
UNKNOWN = "0"
"""Rank of a state that Twilio has added since: it never overtakes one that we know."""
_SIDS = ("MessageSid", "SmsMessageSid", "SmsSid")


def received(parameters: Parameters, received_ms: int) -> Event:
    """Return the event of a message that came in; by its SID, so that a fallback is the same message.

    Raises MalformedCallbackError.
    """
    sid = parameters.identifier(*_SIDS)
    return report(
        "message", "message.received", ("received", sid), parameters, received_ms,
        subject=sid, rank=RANKS["received"], names=_names(sid, parameters),
    )  # fmt: skip


def status(parameters: Parameters, received_ms: int) -> Event:
    """Return the event of a message's new state, by SID and state. Raises MalformedCallbackError."""
    sid = parameters.identifier(*_SIDS)
    state = parameters.word("MessageStatus", "SmsStatus").lower()
    return report(
        "message", f"message.{state}", ("status", sid, state), parameters, received_ms,
        subject=sid, rank=RANKS.get(state, UNKNOWN), names=_names(sid, parameters),
    )  # fmt: skip


def _names(sid: str, parameters: Parameters) -> tuple[str, ...]:
    return (*sids(sid), *between(parameters.get("From"), parameters.get("To"), "SMS"))
