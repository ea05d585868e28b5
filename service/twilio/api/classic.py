"""The classic API, 2010-04-01: what became of a message or a call.

https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/voice/api/call-resource
"""

import httpx

from service.twilio.api.caller import Caller, segment
from service.twilio.api.pace import Pace
from service.twilio.resources.classic import Call, Message, call_of, message_of
from service.twilio.resources.reading import Json

VERSION = "/2010-04-01"


class ClassicApi:
    """Messages and calls of one account; each method raises a TwilioError when it did not get what it asked for."""

    def __init__(self, http: httpx.Client, account_id: str | None, pace: Pace | None = None) -> None:
        """`http` has the base URL, with the API's version or without, and the credentials.

        Without an account every call raises a MissingError.
        """
        self._caller = Caller(http, pace)
        version = "" if http.base_url.path.rstrip("/").endswith(VERSION) else VERSION
        self._version, self._account_id = version, account_id

    def message(self, message_sid: str) -> Message:
        """Return a message with the real state of its delivery."""
        return message_of(self._get("Messages", message_sid), message_sid)

    def call(self, call_sid: str) -> Call:
        """Return a call with its state."""
        return call_of(self._get("Calls", call_sid), call_sid)

    def _get(self, kind: str, sid: str) -> Json:
        path = f"{self._version}/Accounts/{segment(self._account_id or '')}/{kind}/{segment(sid)}.json"
        return self._caller.call("GET", path).body
