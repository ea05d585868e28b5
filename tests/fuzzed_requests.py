"""Requests that were changed: first what they say, then they are signed or not, then what was signed."""

import hmac
import json
from base64 import b64encode
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from service.web.inbound import ORCHESTRATOR, TABLE
from tests.inbound_requests import FORM, fixture, fixture_names, signed_form, signed_json
from tests.twilio_callbacks import OTHER_TOKEN, PUBLIC_URL, TOKEN, Signed
from tests.twilio_callbacks import fixture as orchestrator_fixture
from tests.twilio_callbacks import fixture_names as orchestrator_names

PATHS = [row.path for row in TABLE]
BODIES = {row.path: row.body for row in TABLE}
SIGNATURE = "x-twilio-signature"
CONTENT_TYPES = ["application/json", FORM, "application/x-www-form-urlencoded", "text/plain", "", "application/json;x"]
HEADERS = {
    "content-type": CONTENT_TYPES,
    "content-length": ["0", "-1", "99999999999", "x", "1e3", ""],
    "x-twilio-webhooks-signature-settings": ["algorithm=HMAC_SHA256", "key=one,algorithm=HMAC_SHA1", "key=,", "é", ""],
}
VALIDATORS: list[Any] = [RequestValidator(token) for token in (TOKEN, OTHER_TOKEN)]  # type: ignore[no-untyped-call]
NASTY = [
    b"", b"\x00", b"%", b"%zz", b"&", b"=", b"+", b"\xff\xfe", b"%ff", b"%ED%A0%80", "😀".encode(), b"[" * 3000,
    b"%7B%22a%22%3A" * 200, b"&a=b" * 500, b'{"a":' * 1000, b'"\\ud800"', b"1e999", b"9" * 400, b"\r\n", b"bodySHA256=",
]  # fmt: skip
"""What is put into bodies and addresses; some of it anywhere may break a reader."""


@dataclass(frozen=True)
class Fuzzed:
    """A request as it is sent; `untouched` since it was signed, `parts` of its body, and whether that comes whole."""

    request: Signed
    untouched: bool
    parts: tuple[bytes, ...]
    whole: bool = True

    @property
    def path(self) -> str:
        """Return where it goes."""
        return self.request.target.partition("?")[0]

    def is_signed(self) -> bool:
        """Return whether Twilio could have signed it, by its own library, which knows our two keys."""
        return self.whole and (self.untouched or _by_library(self.request) or _by_bytes(self.request))


def _by_library(request: Signed) -> bool:
    signature = request.headers.get(SIGNATURE, "")
    url = PUBLIC_URL + request.target
    form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM.partition(";")[0]
    try:
        content: Any = MultiDict(parse_qsl(request.body.decode(), keep_blank_values=True)) if form else {}
        if not form and (request.body or request.method != "GET"):
            content = request.body.decode()
        return any(each.validate(url, content, signature) for each in VALIDATORS)
    except (TypeError, ValueError, AttributeError):
        return False


def _by_bytes(request: Signed) -> bool:
    """Return the same also where a body is no UTF-8, at which the library gives up."""
    url, tail = (PUBLIC_URL + request.target).encode(), b""
    if request.headers.get("content-type", "").lower().startswith(FORM.partition(";")[0]):
        pieces = [piece.partition(b"=") for piece in request.body.replace(b"+", b" ").split(b"&") if piece]
        pairs = sorted({(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pieces})
        tail = b"".join(name + value for name, value in pairs)
    elif (request.body or request.method != "GET") and _hash(request) not in request.target:
        return False
    # A server cannot tell a bare `?`, which may have been signed, from none.
    texts = [url + tail] if b"?" in url else [url + tail, url + b"?" + tail]
    made = {_made(token, text) for token in (TOKEN, OTHER_TOKEN) for text in texts}
    return request.headers.get(SIGNATURE) in made


def _made(token: str, text: bytes) -> str:
    return b64encode(hmac.digest(token.encode(), text, "sha1")).decode()


def _hash(request: Signed) -> str:
    return f"bodySHA256={sha256(request.body).hexdigest()}"


@cache
def _contents(path: str) -> list[bytes]:
    """Return the recorded bodies for a route."""
    if path == ORCHESTRATOR:
        return [orchestrator_fixture(name)["body"].encode() for name in orchestrator_names()]
    said = [fixture(name) for name in fixture_names()]
    own = [each for each in said if each["url"].removeprefix(PUBLIC_URL).partition("?")[0] == path]
    return [(each["body"] or each["url"].partition("?")[2]).encode() for each in own]


def changed(content: bytes, draw: st.DrawFn) -> bytes:
    """Return content with a piece of it replaced, repeated, moved or left out."""
    one, other = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    piece = content[one:other]
    new = draw(
        st.sampled_from([*NASTY, piece + piece, piece[::-1], piece.upper()]) | st.binary(max_size=8)
    )  # fmt: skip
    return content[:one] + new + content[other:]


def _sent(path: str, content: bytes, method: str, token: str) -> Signed:
    if BODIES[path] == "json":
        return signed_json(path, content, token=token)
    if method == "GET":
        return signed_form(path, content.decode("latin-1").encode("ascii", "replace"), "GET", token=token)
    return signed_form(path, content, token=token)


def _target(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _other_body(request: Signed, draw: st.DrawFn) -> Signed:
    return replace(request, body=changed(request.body, draw))


def _other_query(request: Signed, draw: st.DrawFn) -> Signed:
    path, _, query = request.target.partition("?")
    new = changed(query.encode(), draw).decode("latin-1")
    return replace(request, target=_target(path, new.replace("#", "").replace(" ", "+")))


def _other_path(request: Signed, draw: st.DrawFn) -> Signed:
    return replace(request, target=_target(draw(st.sampled_from(PATHS)), request.target.partition("?")[2]))


def _other_method(request: Signed, draw: st.DrawFn) -> Signed:
    return replace(request, method=draw(st.sampled_from(["GET", "POST", "PUT", "HEAD", "X"])))


def _other_signature(request: Signed, draw: st.DrawFn) -> Signed:
    bare = {name: value for name, value in request.headers.items() if name != SIGNATURE}
    new = changed(request.headers.get(SIGNATURE, "").encode(), draw).decode("latin-1")
    return replace(request, headers={**bare, SIGNATURE: new} if draw(st.booleans()) else bare)


def _other_header(request: Signed, draw: st.DrawFn) -> Signed:
    name = draw(st.sampled_from(sorted(HEADERS)))
    return replace(request, headers={**request.headers, name: draw(st.sampled_from(HEADERS[name]))})


def _moved(request: Signed, draw: st.DrawFn) -> Signed:
    """Return it with the parameters of its body in the query, and those of its query in the body."""
    path, _, query = request.target.partition("?")
    moved = request.body.decode("ascii", "replace")
    return replace(
        request, target=_target(path, moved), body=query.encode(), method=draw(st.sampled_from(["GET", "POST"]))
    )


TAMPERINGS = (_other_body, _other_query, _other_path, _other_method, _other_signature, _other_header, _moved)


def _parts(body: bytes, draw: st.DrawFn) -> tuple[bytes, ...]:
    at = draw(st.integers(0, len(body)))
    return (body,) if draw(st.booleans()) else (body[:at], body[at:])


@st.composite
def fuzzed_requests(draw: st.DrawFn) -> Fuzzed:
    """Return a request to any route: as recorded or changed, signed or not, and tampered with or not."""
    path = draw(st.sampled_from(PATHS))
    content = draw(st.sampled_from(_contents(path)) | st.binary(max_size=64))
    for _ in range(draw(st.integers(0, 3))):
        content = changed(content, draw)
    signed = _sent(path, content, draw(st.sampled_from(["POST", "GET"])), draw(st.sampled_from([TOKEN, OTHER_TOKEN])))
    request = signed
    for _ in range(draw(st.integers(0, 2))):
        request = draw(st.sampled_from(TAMPERINGS))(request, draw)
    whole = draw(st.integers(0, 20)) > 0
    return Fuzzed(request, request == signed, _parts(request.body, draw), whole)


def parsed_error(body: bytes) -> bool:
    """Return whether an answer is one line of JSON that has only `error`."""
    return b"\n" not in body and ["error"] == list(json.loads(body))
