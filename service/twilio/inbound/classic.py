"""PURE. Classic Conversations (v1) webhooks, after the action and before it.

https://www.twilio.com/docs/conversations/conversations-webhooks
"""

from service.events.event import Event
from service.twilio.inbound.names import sids
from service.twilio.inbound.parameters import Parameters
from service.twilio.inbound.report import report

_WHEN = ("StateUpdated", "DateRemoved", "DateUpdated", "DateCreated")
_WHAT = ("DeliveryReceiptSid", "MessageSid", "ParticipantSid", "UserSid", "ConversationSid")


def event(parameters: Parameters, received_ms: int) -> Event:
    """Return the event of a webhook after an action: by its name, its resource, and the state or time of that.

    Raises MalformedCallbackError.
    """
    name = parameters.word("EventType")
    resource = parameters.identifier(*_WHAT)
    at = parameters.get(*_WHEN)
    state = parameters.optional("StateTo", "Status") or ""
    key = (name, parameters.optional("ConversationSid") or "", resource, state, at or parameters.get("Index") or "")
    return report(
        "classic", f"classic.{name}", key, parameters, received_ms,
        at=at, subject=resource, names=_names(parameters),
    )  # fmt: skip


def before(parameters: Parameters, received_ms: int) -> Event:
    """Return the event of a webhook before an action. Raises MalformedCallbackError.

    What is not done yet has neither a SID nor a time, so that requests with the same parameters are repeats.
    """
    name = parameters.word("EventType")
    key = (name, parameters.digest("RetryCount"))
    return report("classic", f"classic.{name}", key, parameters, received_ms, names=_names(parameters))


def _names(parameters: Parameters) -> tuple[str, ...]:
    return sids(*(parameters.get(name) for name in ("ConversationSid", "ChannelMessageSid", "MessageSid")))
