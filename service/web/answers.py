"""The receiver's answers. An error tells the sender nothing secret; the log says why.

To most routes an error is one line of JSON. Where Twilio wants TwiML it is TwiML that does nothing: of any other text
Twilio might make a message to the person who wrote. And where any error does harm there is none.
"""

from collections.abc import Callable, Mapping

import msgspec
from starlette.responses import Response
from starlette.types import Send

Headers = tuple[tuple[bytes, bytes], ...]


class Answer(msgspec.Struct, frozen=True):
    """One HTTP answer, ready to send."""

    status: int
    body: bytes = b""
    headers: Headers = ()


Error = Callable[..., Answer]
"""Makes the answer to an error, of a status, the word for it, and headers."""


def _content(status: int, body: bytes, content_type: bytes, *headers: tuple[bytes, bytes]) -> Answer:
    told = ((b"content-type", content_type), (b"content-length", str(len(body)).encode()))
    return Answer(status, body, (*told, *headers))


def json_error(status: int, word: str, *headers: tuple[bytes, bytes]) -> Answer:
    """Return `{"error": word}`."""
    return _content(status, msgspec.json.encode({"error": word}), b"application/json", *headers)


def twiml(status: int, body: bytes, *headers: tuple[bytes, bytes]) -> Answer:
    """Return an answer of TwiML."""
    return _content(status, body, b"text/xml", *headers)


def twiml_error(status: int, _: str, *headers: tuple[bytes, bytes]) -> Answer:
    """Return an error as TwiML that does nothing."""
    return twiml(status, b"<Response/>", *headers)


def no_error(_: int, __: str, *headers: tuple[bytes, bytes]) -> Answer:
    """Return 200 `{}`, with which a pre-action webhook lets the action go through: an error would reject it.

    https://www.twilio.com/docs/conversations/conversations-webhooks
    """
    return _content(200, b"{}", b"application/json", *headers)


def refusals(error: Error, methods: frozenset[str]) -> Mapping[int, Answer]:
    """Return a route's answers to what it does not take, by status."""
    close = (b"connection", b"close")
    return {
        400: error(400, "malformed"),
        403: error(403, "forbidden"),
        405: error(405, "method not allowed", (b"allow", ", ".join(sorted(methods)).encode())),
        408: error(408, "request timeout", close),
        413: error(413, "too large", close),
        415: error(415, "unsupported media type"),
        500: error(500, "internal error"),
        503: error(503, "unavailable", (b"retry-after", b"5")),
    }


NO_CONTENT = Answer(204)
OK = Answer(200, b"", ((b"content-length", b"0"),))
TWIML = twiml_error(200, "")
GO_ON = no_error(200, "")
NOT_FOUND = json_error(404, "not found")
READ_ONLY = json_error(405, "method not allowed", (b"allow", b"GET, HEAD"))
UNAVAILABLE = json_error(503, "unavailable", (b"retry-after", b"5"))
ALIVE = _content(200, b'{"status":"ok"}', b"application/json")


async def answer(send: Send, what: Answer) -> None:
    """Send an answer."""
    await send({"type": "http.response.start", "status": what.status, "headers": what.headers})
    await send({"type": "http.response.body", "body": what.body})


def response(what: Answer) -> Response:
    """Return an answer as Starlette's value."""
    return Response(what.body, what.status, {name.decode(): value.decode() for name, value in what.headers})
