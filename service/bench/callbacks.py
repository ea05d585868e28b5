"""The callbacks that are sent: signed Conversation Orchestrator events, built whole before any clock starts.

Law of the room: pure.
"""

from urllib.parse import urlsplit

import msgspec

from service.events.times import from_milliseconds
from service.simulator.scenario import identifier
from service.twilio.signature import sign_json_url

ACCOUNT = f"AC{0:032}"
"""No real account has this SID."""
MARK = "mark-"
"""Begins an event's name; its number follows, by which its arrivals are counted."""


KINDS = ("CONVERSATION_UPDATED",)
"""The events' names, where nothing else is said."""


class Series(msgspec.Struct, frozen=True):
    """Events of some conversations in turn, a millisecond apart; the first at `first_ms` since 1970.

    `kinds` are their names in turn.
    """

    events: int
    conversations: int
    first_ms: int
    kinds: tuple[str, ...] = KINDS


class Signing(msgspec.Struct, frozen=True):
    """The URL that Twilio was given, and the auth token that it signs with."""

    public_url: str
    token: str


def requests(series: Series, signing: Signing, target: str) -> list[bytes]:
    """Return the HTTP requests of a series, ready to be written to a connection with the URL `target`."""
    return [_request(number, body, signing, target) for number, body in enumerate(bodies(series))]


def conversation(number: int) -> str:
    """Return the id of a conversation."""
    return identifier("conv_conversation_", "bench", str(number))


def bodies(series: Series) -> list[bytes]:
    """Return the callbacks of a series."""
    names = [conversation(number) for number in range(series.conversations)]
    configuration = identifier("conv_configuration_", "bench")
    return [
        _body(
            number,
            series.kinds[number % len(series.kinds)],
            names[number % len(names)],
            configuration,
            series.first_ms + number,
        )
        for number in range(series.events)
    ]


def _body(number: int, kind: str, conversation: str, configuration: str, at_ms: int) -> bytes:
    at = from_milliseconds(at_ms)
    return msgspec.json.encode(
        {
            "eventType": kind,
            "timestamp": at,
            "data": {
                "id": conversation,
                "accountId": ACCOUNT,
                "configurationId": configuration,
                "status": "INACTIVE",
                "name": f"{MARK}{number}",
                "createdAt": "2026-11-20T09:00:00Z",
                "updatedAt": at,
            },
        }
    )


def _request(number: int, body: bytes, signing: Signing, target: str) -> bytes:
    signed, signature = sign_json_url(signing.token, signing.public_url, body)
    to = urlsplit(target)
    return (
        f"POST {to.path}?{urlsplit(signed).query} HTTP/1.1\r\n"
        f"Host: {to.netloc}\r\n"
        f"Content-Type: application/json\r\n"
        f"X-Twilio-Signature: {signature}\r\n"
        f"I-Twilio-Idempotency-Token: bench-{number}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
