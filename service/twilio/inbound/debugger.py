"""PURE. Debugger events: what Twilio's own log says of an account, our lost deliveries among it.

https://www.twilio.com/docs/usage/troubleshooting/debugging-event-webhooks
"""

import msgspec

from service.events.event import Event
from service.twilio.inbound.names import sids
from service.twilio.inbound.parameters import Parameters
from service.twilio.inbound.report import report


class _Payload(msgspec.Struct):
    resource_sid: str | None = None


_payload = msgspec.json.Decoder(_Payload).decode


def event(parameters: Parameters, received_ms: int) -> Event:
    """Return the event of a debugger webhook, by its SID. Raises MalformedCallbackError."""
    sid = parameters.identifier("Sid")
    level = parameters.word("Level").lower()
    return report(
        "debugger", f"debugger.{level}", (sid,), parameters, received_ms,
        at=parameters.get("Timestamp"), names=sids(_resource(parameters.get("Payload") or "")),
    )  # fmt: skip


def _resource(payload: str) -> str | None:
    try:
        return _payload(payload).resource_sid
    except (msgspec.MsgspecError, RecursionError):
        return None
