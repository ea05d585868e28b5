"""PURE. Messages and calls of the classic API, and their status callbacks (forms)."""

from datetime import UTC, datetime
from email.utils import format_datetime

from service.simulator.call import Resource
from service.simulator.scenario import AGENT, Call, Deliver, EndRelay
from service.simulator.world.birth import Birth
from service.simulator.world.bounded import trim
from service.simulator.world.callback import Outgoing

VERSION = "2010-04-01"


class Classic:
    """The account's messages and calls by SID."""

    def __init__(self, birth: Birth, outgoing: Outgoing) -> None:
        self._birth, self._outgoing = birth, outgoing
        self.messages: dict[str, Resource] = {}
        self.calls: dict[str, Resource] = {}

    def write(self, message: str, sender: str, recipient: str, text: str, at: int) -> None:
        """Keep a message; one from the business is on its way, one to it has been received."""
        outbound = sender.endswith(AGENT)
        self.messages[message] = {
            **self._common(message, "Messages", at),
            "from": sender,
            "to": recipient,
            "body": text,
            "status": "queued" if outbound else "received",
            "direction": "outbound-api" if outbound else "inbound",
            "error_code": None,
            "error_message": None,
            "num_media": "0",
            "num_segments": "1",
            "date_sent": _rfc_2822(at),
        }
        trim(self.messages)

    def deliver(self, what: Deliver, at: int) -> None:
        """Change a message's status, and tell of it."""
        found = self.messages[what.message_sid]
        found |= {"status": what.status, "error_code": what.error_code, "date_updated": _rfc_2822(at)}
        pairs = {
            "MessageSid": what.message_sid,
            "SmsSid": what.message_sid,
            "MessageStatus": what.status,
            "SmsStatus": what.status,
            "AccountSid": self._birth.account_id,
            "From": found["from"],
            "To": found["to"],
            "ApiVersion": VERSION,
            **({"ErrorCode": str(what.error_code)} if what.error_code else {}),
        }
        self._outgoing.form("/twilio/message-status", f"message.{what.status}", pairs, what.message_sid, what.status)

    def call(self, what: Call, customer: str, at: int) -> None:
        """Change a call's status, and tell of it."""
        found = self.calls.setdefault(what.sid, self._new_call(what.sid, customer, at))
        ended = {"duration": str(what.seconds), "end_time": _rfc_2822(at)} if what.seconds is not None else {}
        found |= {"status": what.status, "date_updated": _rfc_2822(at), **ended}
        pairs = {
            **self._of_call(what.sid, what.status, customer),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(what.sequence),
            "Timestamp": _rfc_2822(at),
            **({"CallDuration": str(what.seconds), "Duration": "1"} if what.seconds is not None else {}),
        }
        self._outgoing.form("/twilio/call-status", f"call.{what.status}", pairs, what.sid, str(what.sequence))
        trim(self.calls)

    def end_relay(self, what: EndRelay, customer: str) -> None:
        """Tell of a ConversationRelay session's end; the call goes on if somebody takes over."""
        pairs = {
            **self._of_call(what.call_sid, "in-progress", customer),
            "SessionId": what.session_id,
            "SessionStatus": what.status,
            "SessionDuration": "12",
            **({"HandoffData": what.handoff} if what.handoff else {}),
        }
        self._outgoing.form("/twilio/relay-action", f"relay.{what.status}", pairs, what.call_sid, what.session_id)

    def _of_call(self, call: str, status: str, customer: str) -> dict[str, str]:
        return {
            "CallSid": call,
            "AccountSid": self._birth.account_id,
            "ApiVersion": VERSION,
            "CallStatus": status,
            "Direction": "inbound",
            "From": customer,
            "To": AGENT,
            "Caller": customer,
            "Called": AGENT,
        }

    def _new_call(self, call: str, customer: str, at: int) -> Resource:
        members = {"from": customer, "to": AGENT, "direction": "inbound", "start_time": _rfc_2822(at)}
        return {**self._common(call, "Calls", at), **members, "end_time": None, "duration": None, "status": "queued"}

    def _common(self, name: str, kind: str, at: int) -> Resource:
        uri = f"/{VERSION}/Accounts/{self._birth.account_id}/{kind}/{name}.json"
        times = {"date_created": _rfc_2822(at), "date_updated": _rfc_2822(at)}
        return {"sid": name, "account_sid": self._birth.account_id, "api_version": VERSION, "uri": uri, **times}


def _rfc_2822(at: int) -> str:
    return format_datetime(datetime.fromtimestamp(at // 1000, UTC))
