"""PURE. A request as far as its signature goes, and the text that Twilio signs for it.

The text is the URL, and behind it the tail: the parameters of a form, sorted. Every other body is bound by the
`bodySHA256` that Twilio appends to the URL before it signs; the tail is then empty.
https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias
from urllib.parse import unquote, unquote_plus

from msgspec import Struct

from service.twilio.forms import parse_form
from service.twilio.spellings import spellings

BodyFault = Literal["missing_body_hash", "repeated_body_hash", "wrong_body_hash"]
Pairs: TypeAlias = tuple[tuple[str, str], ...]

BODY_HASH = "bodySHA256"
FORM = "application/x-www-form-urlencoded"


class SignedRequest(Struct, frozen=True):
    """What arrived, and the public URLs at which it may have been addressed.

    `base_urls` come from the settings, never from the request: with a host that the sender can steer, a request signed
    for another service would pass here. `path` and `query` (without its `?`) are as in the request target, still
    percent-encoded; decode their bytes with UTF-8 and `surrogateescape`, which loses none. With both empty, each base
    URL is taken as the whole URL. `signature_settings` is the header X-Twilio-Webhooks-Signature-Settings.
    """

    base_urls: tuple[str, ...]
    path: str
    query: str
    content_type: str
    body: bytes
    signature: str | None
    method: str = "POST"
    signature_settings: str | None = None

    def __repr__(self) -> str:
        """Return what is neither secret nor somebody's message."""
        return f"SignedRequest(method={self.method!r}, path={self.path!r}, content_type={self.content_type!r})"

    def is_bare(self) -> bool:
        """Return whether there is no body and, by the method, none to be expected: the URL says it all."""
        return not self.body and self.method in {"GET", "HEAD"}

    def is_form(self) -> bool:
        """Return whether the body is a form, whose parameters are signed one by one."""
        return self.content_type.partition(";")[0].strip().lower() == FORM

    def needs_no_hash(self) -> bool:
        """Return whether the signed text holds all there is: every other body is bound by its hash alone."""
        return self.is_bare() or self.is_form()

    def whole_query(self) -> str:
        """Return the query, also where a base URL is the whole URL."""
        whole = self.base_urls and not (self.path or self.query)
        return self.base_urls[0].partition("#")[0].partition("?")[2] if whole else self.query

    def pairs(self) -> Pairs:
        """Return the decoded parameters in their order: of the form, of the query where there is no body, else none."""
        if self.is_bare():
            return parse_form(octets(self.whole_query()))
        return parse_form(self.body) if self.is_form() else ()


def tail(pairs: Iterable[tuple[str, str]]) -> bytes:
    """Return what is signed behind the URL for these parameters: each distinct pair, by name, then value."""
    # In code point order, which is how Python compares text.
    return octets("".join([name + value for name, value in sorted(set(pairs))]))


def octets(text: str) -> bytes:
    """Return the bytes of a text in which those that are no UTF-8 are surrogate escapes."""
    return text.encode("utf-8", "surrogateescape")


def request_spellings(request: SignedRequest) -> Iterator[str]:
    """Yield the URLs that may have been signed, most likely first. Raises ValueError for what is no URL."""
    # A target like `.example.org/` or `@example.org/` would carry the configured host away.
    if request.path and not request.path.startswith("/"):
        raise ValueError("the request target is not a path")
    target = f"{request.path}?{request.query}" if request.query else request.path
    for base in request.base_urls:
        yield from spellings(base, target)
    if request.path and not request.query:
        # A server does not tell its application whether the target ended in a bare `?`.
        for base in request.base_urls:
            yield from (url for url in spellings(base, f"{target}?") if url.endswith("?"))


def body_hash(body: bytes) -> str:
    """Return what `bodySHA256` has to say of a body: lower-case hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def body_hashes(url: str) -> list[str]:
    """Return the values of all `bodySHA256` in a URL's query."""
    pairs = (pair.partition("=") for pair in url.partition("?")[2].split("&"))
    return [unquote_plus(value) for name, _, value in pairs if BODY_HASH in (name, unquote(name))]


def body_hash_fault(url: str, body: bytes) -> BodyFault | None:
    """Return why the URL does not bind this body, or None where it does: by exactly one right hash."""
    hashes = body_hashes(url)
    if len(hashes) != 1:
        return "repeated_body_hash" if hashes else "missing_body_hash"
    right = hmac.compare_digest(body_hash(body).encode(), hashes[0].encode("utf-8", "surrogatepass"))
    return None if right else "wrong_body_hash"
