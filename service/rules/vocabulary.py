"""PURE. The words of the file: events that rules wait for, channels, and kinds of participants."""

from service.rules.naming import meant, quoted

INACTIVATED = "conversation.inactivated"
CLOSED = "conversation.closed"
REMOVED = "participant.removed"
RESULT = "intelligence.result"
COMMUNICATION = "communication.created"
MESSAGE = "message.received"
CALL_ENDS = ("call.completed", "call.busy", "call.no-answer", "call.failed", "call.canceled")
"""The final states of a call (Twilio: Call status callbacks)."""

WORDED = (MESSAGE, COMMUNICATION)
"""Events that carry the words of a person."""
CHANNEL_ENDS = (*CALL_ENDS, REMOVED)
"""Events that end one channel of a conversation, and say nothing of its others."""

CLOSE_WHEN = (INACTIVATED, *CALL_ENDS, REMOVED, *WORDED, RESULT)
OBSERVE_WHEN = (COMMUNICATION, CLOSED, RESULT)

CHANNELS = ("VOICE", "SMS", "RCS", "WHATSAPP", "CHAT", "EMAIL", "VIDEO", "API", "SYSTEM")
"""Channels that Conversation Orchestrator is known to name."""
PARTICIPANT_TYPES = ("CUSTOMER", "HUMAN_AGENT", "AI_AGENT", "AGENT", "UNKNOWN")
SIDES = ("customer", "business")


def refused_channel(name: str) -> str | None:
    """Return what is wrong with a channel's name; one like no other is let through, since Twilio adds channels."""
    found = None if name.upper() in CHANNELS else meant(name, CHANNELS)
    return f"there is no channel {quoted(name)}: did you mean {quoted(found)}?" if found else None
