"""The receiver's answers. One line of JSON for an error, which tells the sender nothing secret; the log says why."""

import msgspec
from starlette.responses import Response
from starlette.types import Send

Headers = tuple[tuple[bytes, bytes], ...]


class Answer(msgspec.Struct, frozen=True):
    """One HTTP answer, ready to send."""

    status: int
    body: bytes = b""
    headers: Headers = ()


def _error(status: int, word: str, *headers: tuple[bytes, bytes]) -> Answer:
    body = msgspec.json.encode({"error": word})
    length = (b"content-length", str(len(body)).encode())
    return Answer(status, body, ((b"content-type", b"application/json"), length, *headers))


STORED = Answer(204)
BAD_REQUEST = _error(400, "malformed")
FORBIDDEN = _error(403, "forbidden")
NOT_FOUND = _error(404, "not found")
POST_ONLY = _error(405, "method not allowed", (b"allow", b"POST"))
READ_ONLY = _error(405, "method not allowed", (b"allow", b"GET, HEAD"))
SLOW = _error(408, "request timeout", (b"connection", b"close"))
TOO_LARGE = _error(413, "too large", (b"connection", b"close"))
WRONG_CONTENT_TYPE = _error(415, "unsupported media type")
UNAVAILABLE = _error(503, "unavailable", (b"retry-after", b"5"))
ALIVE = Answer(200, b'{"status":"ok"}', ((b"content-type", b"application/json"), (b"content-length", b"15")))


async def answer(send: Send, what: Answer) -> None:
    """Send an answer."""
    await send({"type": "http.response.start", "status": what.status, "headers": what.headers})
    await send({"type": "http.response.body", "body": what.body})


def response(what: Answer) -> Response:
    """Return an answer as Starlette's value."""
    return Response(what.body, what.status, {name.decode(): value.decode() for name, value in what.headers})
