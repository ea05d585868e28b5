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
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote, unquote_plus

from msgspec import Struct

from service.twilio.forms import parse_form

BodyFault = Literal["missing_body_hash", "repeated_body_hash", "wrong_body_hash"]
Reason = Literal["missing_signature", "no_keys", "wrong_signature", "unreadable"] | BodyFault

_BODY_HASH = "bodySHA256"
_OTHER_SCHEME = {"http": "https", "https": "http", "ws": "wss", "wss": "ws"}
# Twilio's Python library writes :80 for every scheme but https: a wss URL may have been signed with either.
_DEFAULT_PORTS = {"http": (":80",), "https": (":443",), "ws": (":80",), "wss": (":443", ":80")}
_ONLY_HASH = re.compile(r"[^?]*\?bodySHA256=([0-9a-f]{64})")
_URL = re.compile(
    r"(?P<scheme>(?i:https?|wss?))://"
    r"(?:[^/?#]*@)?"  # user name and password are never signed
    r"(?P<host>\[[^][/?#@]+\]|[^][:/?#@]+)"
    r"(?P<port>:[0-9]*)?"
    r"(?P<rest>[/?][^#]*)?"
    r"(?:#.*)?",  # neither is the fragment, which never travels in HTTP
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class AuthToken:
    """One configured key: an account's auth token, and that account where the operator named it."""

    secret: str = field(repr=False)
    account: str | None = None


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What arrived, and the public URLs at which it may have been addressed.

    `base_urls` come from the settings, never from the request: with a host that the sender can steer, a request signed
    for another service would pass here. `path` and `query` (without its `?`) are as in the request target, still
    percent-encoded; decode their bytes with UTF-8 and `surrogateescape`, which loses none. With both empty, each base
    URL is taken as the whole URL. What is secret or somebody's message stays out of the representation.
    """

    base_urls: tuple[str, ...] = field(repr=False)
    path: str
    query: str = field(repr=False)
    content_type: str
    body: bytes = field(repr=False)
    signature: str | None = field(repr=False)
    method: str = "POST"


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
        return _decide(request, keys)
    except Exception:  # noqa: BLE001 - whatever a sender found to break, an exception must not look like a proof
        return Refused("unreadable", (), len(keys), request.content_type, False, 0, None)  # noqa: FBT003 - a field


def candidates(url: str) -> tuple[str, ...]:
    """Return the spellings of a whole URL that Twilio may have signed, in the order in which to try them.

    The URL as it is, less user-info and fragment; then without its port, or with the default one if it has none (Twilio
    is not consistent about ports); then the same without a bare `?` at the end. Raises ValueError for what is no http,
    https, ws or wss URL or has an impossible port.
    """
    return tuple(dict.fromkeys(_spellings(url, "")))


def sign(secret: str, url: str, pairs: Iterable[tuple[str, str]] = ()) -> str:
    """Return the Base64 HMAC-SHA1 signature of a whole URL and the decoded form parameters, as Twilio makes it.

    User-info and fragment of the URL are left out. Raises ValueError as `candidates` does.
    """
    return _mac(secret, _octets(next(_spellings(url, ""))) + _tail(pairs)).decode("ascii")


def sign_json_url(secret: str, url: str, body: bytes) -> tuple[str, str]:
    """Return the URL to send a non-form body to, with its `bodySHA256`, and the signature of that URL.

    The fragment is cut off, user-info stays for the client to use. Raises ValueError as `candidates` does.
    """
    target = url.partition("#")[0]
    _, mark, query = target.partition("?")
    separator = "&" if query else "" if mark else "?"
    full = f"{target}{separator}{_BODY_HASH}={hashlib.sha256(body).hexdigest()}"
    return full, sign(secret, full)


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
    if plain := _ONLY_HASH.fullmatch(url):
        return [plain[1]]  # what Twilio sends to a URL without a query of its own: nothing to decode
    pairs = (pair.partition("=") for pair in url.partition("?")[2].split("&"))
    return [unquote_plus(value) for name, _, value in pairs if _BODY_HASH in (name, unquote(name))]


def _request_spellings(request: SignedRequest) -> Iterator[str]:
    # A target like `.example.org/` or `@example.org/` would carry the configured host away.
    if request.path and not request.path.startswith("/"):
        raise ValueError("the request target is not a path")
    target = f"{request.path}?{request.query}" if request.query else request.path
    for base in request.base_urls:
        yield from _spellings(base, target)


def _spellings(base: str, target: str) -> Iterator[str]:
    scheme, host, port, path = _parts(base)  # cached: the configured URLs are few
    # Only the configured URL is cut and trimmed. What the sender wrote is signed text, up to its last byte.
    rest = path.removesuffix("/") + target if target.startswith("/") else path + target
    ports = (port, "") if port else ("", *_DEFAULT_PORTS[scheme.lower()])
    for written in ports:
        yield f"{scheme}://{host}{written}{rest}"
    if rest.endswith("?") and rest.count("?") == 1:
        for written in ports:
            yield f"{scheme}://{host}{written}{rest[:-1]}"


@lru_cache(maxsize=64)
def _parts(url: str) -> tuple[str, str, str, str]:
    found = _URL.fullmatch(url)
    if not found:
        raise ValueError("not an http, https, ws or wss URL")
    scheme, host, port, rest = found.groups(default="")
    if int(port[1:] or 0) >= 1 << 16:
        raise ValueError("the port has more than 16 bits")
    return scheme, host, port, rest


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
    scheme, host, port, path = _parts(base)
    other = _OTHER_SCHEME[scheme.lower()]
    yield f"would match with {other}", f"{other}://{host}{port}{path}"
    if host != host.lower():
        yield f"would match host {host.lower()}", f"{scheme}://{host.lower()}{port}{path}"
    if path.strip("/"):
        yield f"would match without {path}", f"{scheme}://{host}{port}"
