"""Twilio's request signatures: proving a request, and signing one for simulator and tests.

Law of the room: pure. A request and keys go in, a value comes out; `verify` never raises and never accepts by default.
What Twilio signs: https://www.twilio.com/docs/usage/webhooks/webhooks-security

    signature = Base64(HMAC-SHA1(key, URL + tail))

The tail of a form POST is its parameters, sorted. Every other body is bound by the `bodySHA256` that Twilio appends to
the URL before it signs; the tail is then empty and both halves have to be right.
"""

import hashlib
import hmac
import re
from binascii import b2a_base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, unquote_plus

from msgspec import Struct
from msgspec.structs import replace

from service.twilio.forms import parse_form
from service.twilio.spellings import parts, prefix, spellings

BodyFault = Literal["missing_body_hash", "repeated_body_hash", "wrong_body_hash"]
Reason = Literal["missing_signature", "no_keys", "wrong_signature", "unreadable"] | BodyFault

_BODY_HASH = "bodySHA256"
_OTHER_SCHEME = {"http": "https", "https": "http", "ws": "wss", "wss": "ws"}
_HASH_QUERY = re.compile(r"bodySHA256=([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class AuthToken:
    """One configured key: an account's auth token, and that account where the operator named it."""

    secret: str = field(repr=False)
    account: str | None = None


class SignedRequest(Struct, frozen=True):
    """What arrived, and the public URLs at which it may have been addressed.

    `base_urls` come from the settings, never from the request: with a host that the sender can steer, a request signed
    for another service would pass here. `path` and `query` (without its `?`) are as in the request target, still
    percent-encoded; decode their bytes with UTF-8 and `surrogateescape`, which loses none. With both empty, each base
    URL is taken as the whole URL.
    """

    base_urls: tuple[str, ...]
    path: str
    query: str
    content_type: str
    body: bytes
    signature: str | None
    method: str = "POST"

    def __repr__(self) -> str:
        """Return what is neither secret nor somebody's message."""
        return f"SignedRequest(method={self.method!r}, path={self.path!r}, content_type={self.content_type!r})"


class Proven(Struct, frozen=True):
    """Twilio sent it: the key that matched, its account if that is known, and the URL as Twilio signed it."""

    key_index: int
    account: str | None
    url: str


class Refused(Struct, frozen=True):
    """Not proven, and why: for the log, never for the answer. A GET's candidates hold a customer's message."""

    reason: Reason
    candidates: tuple[str, ...]
    key_count: int
    content_type: str
    body_hash_present: bool
    parameter_count: int
    hint: str | None


def verify(request: SignedRequest, keys: Sequence[AuthToken]) -> Proven | Refused:
    """Return `Proven` when one key signed the request at one spelling of one base URL, else `Refused`; never raise."""
    try:
        return _usual(request, keys) or _decide(request, keys)
    except Exception:  # noqa: BLE001 - whatever a sender found to break, an exception must not look like a proof
        return Refused("unreadable", (), len(keys), request.content_type, False, 0, None)  # noqa: FBT003 - a field


def candidates(url: str) -> tuple[str, ...]:
    """Return the spellings of a whole URL that Twilio may have signed, in the order in which to try them.

    The URL as it is, less user-info and fragment; then without its port, or with the default one if it has none (Twilio
    is not consistent about ports); then the same without a bare `?` at the end. Raises ValueError for what is no http,
    https, ws or wss URL or has an impossible port.
    """
    return tuple(dict.fromkeys(spellings(url, "")))


def sign(secret: str, url: str, pairs: Iterable[tuple[str, str]] = ()) -> str:
    """Return the Base64 HMAC-SHA1 signature of a whole URL and the decoded form parameters, as Twilio makes it.

    User-info and fragment of the URL are left out. Raises ValueError as `candidates` does.
    """
    return _mac(secret, _octets(next(spellings(url, ""))) + _tail(pairs)).decode("ascii")


def sign_json_url(secret: str, url: str, body: bytes) -> tuple[str, str]:
    """Return the URL to send a non-form body to, with its `bodySHA256`, and the signature of that URL.

    The fragment is cut off, user-info stays for the client to use. Raises ValueError as `candidates` does.
    """
    target = url.partition("#")[0]
    _, mark, query = target.partition("?")
    separator = "&" if query else "" if mark else "?"
    full = f"{target}{separator}{_BODY_HASH}={hashlib.sha256(body).hexdigest()}"
    return full, sign(secret, full)


def _usual(request: SignedRequest, keys: Sequence[AuthToken]) -> Proven | None:
    """Return the proof of a request as Twilio nearly always sends it, else None: `_decide` then has the word.

    JSON, at the first base URL as it is configured, with nothing in the query but the body's hash. Both halves are
    checked as there, at a third of the price.
    """
    hashed = _HASH_QUERY.fullmatch(request.query)
    usual = request.content_type == "application/json" and request.path[:1] == "/" and request.base_urls
    if not (hashed and usual and request.signature):
        return None
    url = f"{prefix(request.base_urls[0])}{request.path}?{request.query}"
    proven = _match((url,), b"", request.signature.encode("utf-8", "surrogatepass"), keys)
    actual = hashlib.sha256(request.body).hexdigest()
    return proven if proven and hmac.compare_digest(actual, hashed[1]) else None


def _decide(request: SignedRequest, keys: Sequence[AuthToken]) -> Proven | Refused:
    if not request.signature:
        return _refuse("missing_signature", request, keys)
    if not any(key.secret for key in keys):
        return _refuse("no_keys", request, keys)
    form = _is_form(request.content_type)
    tail = _tail(parse_form(request.body)) if form else b""
    signature = request.signature.encode("utf-8", "surrogatepass")
    proven = _match(_request_spellings(request), tail, signature, keys)
    if proven is None:
        return _refuse("wrong_signature", request, keys, _hint(request, tail, signature, keys))
    if form or (request.method in {"GET", "HEAD"} and not request.body):
        return proven
    fault = _body_hash_fault(proven.url, request.body)
    return _refuse(fault, request, keys) if fault else proven


def _match(urls: Iterable[str], tail: bytes, signature: bytes, keys: Sequence[AuthToken]) -> Proven | None:
    # The URLs come lazily: nearly every request matches the first, and then no other spelling is made.
    # A key without a secret is passed over, since anybody can sign with it.
    for url in urls:
        text = _octets(url) + tail
        for index, key in enumerate(keys):
            if key.secret and hmac.compare_digest(_mac(key.secret, text), signature):
                return Proven(index, key.account, url)
    return None


def _mac(secret: str, text: bytes) -> bytes:
    return b2a_base64(hmac.digest(secret.encode(), text, "sha1"), newline=False)


def _tail(pairs: Iterable[tuple[str, str]]) -> bytes:
    # Distinct pairs by name, then value, in code point order, which is how Python compares text.
    return _octets("".join(name + value for name, value in sorted(set(pairs))))


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _is_form(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"


def _body_hash_fault(url: str, body: bytes) -> BodyFault | None:
    hashes = _body_hashes(url)
    if len(hashes) != 1:
        return "repeated_body_hash" if hashes else "missing_body_hash"
    actual = hashlib.sha256(body).hexdigest().encode()
    return None if hmac.compare_digest(actual, hashes[0].encode("utf-8", "surrogatepass")) else "wrong_body_hash"


def _body_hashes(url: str) -> list[str]:
    pairs = (pair.partition("=") for pair in url.partition("?")[2].split("&"))
    return [unquote_plus(value) for name, _, value in pairs if _BODY_HASH in (name, unquote(name))]


def _request_spellings(request: SignedRequest) -> Iterator[str]:
    # A target like `.example.org/` or `@example.org/` would carry the configured host away.
    if request.path and not request.path.startswith("/"):
        raise ValueError("the request target is not a path")
    target = f"{request.path}?{request.query}" if request.query else request.path
    for base in request.base_urls:
        yield from spellings(base, target)


def _refuse(reason: Reason, request: SignedRequest, keys: Sequence[AuthToken], hint: str | None = None) -> Refused:
    spelled = (_octets(url).decode("utf-8", "backslashreplace") for url in _request_spellings(request))
    tried = tuple(dict.fromkeys(spelled))
    hashed = any(_body_hashes(url) for url in tried[:1])
    parameters = sum(map(bool, request.body.split(b"&"))) if _is_form(request.content_type) else 0
    return Refused(reason, tried, len(keys), request.content_type, hashed, parameters, hint)


def _hint(request: SignedRequest, tail: bytes, signature: bytes, keys: Sequence[AuthToken]) -> str | None:
    misses = (miss for base in request.base_urls for miss in _near_misses(base))
    trials = ((words, replace(request, base_urls=(url,))) for words, url in misses)
    return next((words for words, trial in trials if _match(_request_spellings(trial), tail, signature, keys)), None)


def _near_misses(base: str) -> Iterator[tuple[str, str]]:
    scheme, host, port, path = parts(base)
    other = _OTHER_SCHEME[scheme.lower()]
    yield f"would match with {other}", f"{other}://{host}{port}{path}"
    if host != host.lower():
        yield f"would match host {host.lower()}", f"{scheme}://{host.lower()}{port}{path}"
    if path.strip("/"):
        yield f"would match without {path}", f"{scheme}://{host}{port}"
