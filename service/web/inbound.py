"""The receiver's routes, as a table: what arrives where, what reads it, and how it is answered.

A kind of traffic is a row here, a pure function in service/twilio, and fixtures in tests/fixtures.
"""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from service.events.event import Event
from service.twilio import callbacks
from service.twilio.inbound import calls, classic, debugger, event_streams, intelligence, messages
from service.twilio.inbound.batch import Batch
from service.web import answers
from service.web.answers import Answer, Error

ORCHESTRATOR = "/twilio/orchestrator"
MESSAGE_STATUS = "/twilio/message-status"

POST = frozenset({"POST"})
# Twilio lets its users choose for each URL of a classic product; what would be refused here would be lost.
EITHER = frozenset({"GET", "POST"})


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """One route.

    `parse` makes an event, or a batch of them, of the body and the time of arrival (ms since 1970), and raises
    MalformedCallbackError; a form comes to it as Parameters. `error` makes the answers to what is refused.
    `stored` is the answer to what is stored, where nobody else answers (calls: service.web.calls). `harmless`: it
    leaves also where the event cannot be stored, since a person waits at the other end; `patience`: after so many
    seconds at the latest.
    """

    path: str
    methods: frozenset[str]
    body: Literal["json", "form"]
    parse: Callable[[Any, int], Event | Batch]
    stored: Answer
    error: Error = answers.json_error
    harmless: bool = False
    patience: float | None = None


def _json(path: str, parse: Callable[[bytes, int], Event | Batch], stored: Answer) -> Inbound:
    return Inbound(path=path, methods=POST, body="json", parse=parse, stored=stored)


def _form(path: str, parse: Callable[[Any, int], Event], **more: Any) -> Inbound:  # noqa: ANN401 - fields of the row
    row = {"methods": EITHER, "stored": answers.NO_CONTENT, **more}
    return Inbound(path=path, body="form", parse=parse, **row)


_TWIML = {"stored": answers.TWIML, "error": answers.twiml_error}

TABLE = (
    _json(ORCHESTRATOR, callbacks.parse, answers.NO_CONTENT),
    _json("/twilio/intelligence", intelligence.event, answers.NO_CONTENT),
    _json("/twilio/eventstreams", event_streams.batch, answers.OK),
    _form("/twilio/message", messages.received, **_TWIML),
    _form("/twilio/message-fallback", messages.received, **_TWIML),
    _form(MESSAGE_STATUS, messages.status),
    _form("/twilio/voice", calls.received, **_TWIML, harmless=True),
    _form("/twilio/voice-fallback", calls.received, **_TWIML, harmless=True),
    _form("/twilio/call-status", calls.status),
    _form("/twilio/relay-action", calls.relay_ended, **_TWIML, harmless=True),
    _form("/twilio/transcription", calls.transcription),
    _form("/twilio/conversations-v1", classic.event),
    # Twilio waits 5 s, and so does the person whose message it is.
    _form(
        "/twilio/conversations-v1/pre",
        classic.before,
        stored=answers.GO_ON,
        error=answers.no_error,
        harmless=True,
        patience=0.8,
    ),
    _form("/twilio/debugger", debugger.event, methods=POST),
)
