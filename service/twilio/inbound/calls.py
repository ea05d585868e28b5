"""PURE. Calls: that one comes in, how one proceeds, and what happens on it.

https://www.twilio.com/docs/voice/twiml and https://www.twilio.com/docs/voice/api/call-resource#statuscallbackevent
"""

from service.events.event import Event
from service.twilio.inbound.names import between, sids
from service.twilio.inbound.parameters import Parameters
from service.twilio.inbound.report import report

RANKS = {
    "queued": "1", "initiated": "2", "ringing": "3", "in-progress": "4", "answered": "4",
    "completed": "9", "busy": "9", "no-answer": "9", "failed": "9", "canceled": "9",
}  # fmt: skip
"""Order of a call's states; 9 is final."""
UNKNOWN = "0"
"""Rank of a state that Twilio has added since."""


def received(parameters: Parameters, received_ms: int) -> Event:
    """Return the event of a call that came in; by its SID, so that a fallback is the same call.

    Raises MalformedCallbackError.
    """
    sid = parameters.identifier("CallSid")
    return report(
        "call", "call.received", ("received", sid), parameters, received_ms,
        subject=sid, rank=RANKS["ringing"], names=_names(parameters),
    )  # fmt: skip


def status(parameters: Parameters, received_ms: int) -> Event:
    """Return the event of a call's new state, by its sequence number if it has one. Raises MalformedCallbackError."""
    sid = parameters.identifier("CallSid")
    state = parameters.word("CallStatus").lower()
    number = parameters.optional("SequenceNumber") or state
    return report(
        "call", f"call.{state}", ("status", sid, number), parameters, received_ms,
        at=parameters.get("Timestamp"), subject=sid, rank=RANKS.get(state, UNKNOWN), names=_names(parameters),
    )  # fmt: skip


def relay_ended(parameters: Parameters, received_ms: int) -> Event:
    """Return the event of a ConversationRelay session's end, by the session. Raises MalformedCallbackError.

    https://www.twilio.com/docs/voice/twiml/connect/conversationrelay
    """
    session = parameters.identifier("SessionId")
    return report("relay", "relay.ended", (session,), parameters, received_ms, names=_names(parameters))


def transcription(parameters: Parameters, received_ms: int) -> Event:
    """Return an event of Real-Time Transcription, by its sequence id. Raises MalformedCallbackError.

    https://www.twilio.com/docs/voice/twiml/transcription
    """
    sid = parameters.identifier("TranscriptionSid")
    what = parameters.word("TranscriptionEvent").lower().removeprefix("transcription-")
    number = parameters.optional("SequenceId") or what
    call = sids(parameters.get("CallSid"))
    return report(
        "transcription", f"transcription.{what}", (sid, number), parameters, received_ms,
        at=parameters.get("Timestamp"), names=call, words="transcribed" if call and what == "content" else None,
    )  # fmt: skip


def _names(parameters: Parameters) -> tuple[str, ...]:
    found = sids(parameters.get("CallSid"), parameters.get("ParentCallSid"))
    return (*found, *between(parameters.get("From", "Caller"), parameters.get("To", "Called"), "VOICE"))
