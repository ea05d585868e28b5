"""Twilio's request signatures: proving a request, and signing one for simulator and tests.

Law of the room: pure. A request and keys go in, a value comes out; `verify` never raises and never accepts by default.
What Twilio signs: https://www.twilio.com/docs/usage/webhooks/webhooks-security

    signature = Base64(HMAC(key, URL + tail))

The tail of a form POST is its parameters, sorted. Every other body is bound by the `bodySHA256` that Twilio appends to
the URL before it signs; the tail is then empty and both halves have to be right.
"""

import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec import Struct

from service.twilio import near_misses
from service.twilio.accounts import is_foreign, named, named_in_json
from service.twilio.forms import parse_form
from service.twilio.signed_request import (
    BODY_HASH,
    BodyFault,
    Pairs,
    SignedRequest,
    body_hash,
    body_hash_fault,
    body_hashes,
    octets,
    request_spellings,
    tail,
)
from service.twilio.signing_keys import AuthToken, KeyFault, Numbered, SharedKey, SigningKey, chosen, mac
from service.twilio.spellings import prefix, spellings

__all__ = (
    "AuthToken", "Proven", "Reason", "Refused", "SharedKey", "SignedRequest", "SigningKey",
    "candidates", "matches", "sign", "sign_json_url", "verify",
)  # fmt: skip

Reason = Literal["missing_signature", "wrong_signature", "other_account", "unreadable"] | KeyFault | BodyFault

LONGEST_HINTED = 16 * 1024
"""Bytes of parameters up to which a refusal is looked into: a flood of large forms must not be paid for many times."""
_HASH_QUERY = re.compile(r"bodySHA256=([0-9a-f]{64})")


class Proven(Struct, frozen=True):
    """Twilio sent it: the key that matched, its account if that is known, and the URL as Twilio signed it.

    `pairs` are the decoded parameters, of a form or, without a body, of the query: nobody need parse them again.
    """

    key_index: int
    account: str | None
    url: str
    pairs: Pairs = ()

    def __repr__(self) -> str:
        """Return what is nobody's message."""
        return f"Proven(key_index={self.key_index!r}, account={self.account!r})"


class Refused(Struct, frozen=True):
    """Not proven, and why: for the log, never for the answer. A GET's candidates hold a customer's message."""

    reason: Reason
    candidates: tuple[str, ...]
    key_count: int
    content_type: str
    body_hash_present: bool
    parameter_count: int
    hint: str | None


def verify(request: SignedRequest, keys: Sequence[SigningKey]) -> Proven | Refused:
    """Return `Proven` when one key signed the request at one spelling of one base URL, else `Refused`; never raise.

    A key of another account than the one that a form or a query names proves nothing. Of a JSON body the caller has to
    compare the account with the one of `Proven`, since it parses that body anyway.
    """
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


def sign(key: str | SigningKey, url: str, pairs: Iterable[tuple[str, str]] = ()) -> str:
    """Return the Base64 signature of a whole URL and the decoded form parameters, as Twilio makes it.

    A text as key is an auth token. User-info and fragment of the URL are left out. Raises ValueError as `candidates`
    does.
    """
    signing = AuthToken(key) if isinstance(key, str) else key
    return mac(signing, octets(next(spellings(url, ""))) + tail(pairs)).decode("ascii")


def sign_json_url(key: str | SigningKey, url: str, body: bytes) -> tuple[str, str]:
    """Return the URL to send a non-form body to, with its `bodySHA256`, and the signature of that URL.

    The fragment is cut off, user-info stays for the client to use. Raises ValueError as `candidates` does.
    """
    target = url.partition("#")[0]
    _, mark, query = target.partition("?")
    separator = "&" if query else "" if mark else "?"
    full = f"{target}{separator}{BODY_HASH}={body_hash(body)}"
    return full, sign(key, full)


def matches(
    urls: Iterable[str], signed_tail: bytes, signature: str, usable: Numbered
) -> Iterator[tuple[int, SigningKey, str]]:
    """Yield each key (and its place) that made the signature, with the URL at which it did."""
    # The URLs come lazily: nearly every request matches the first, and then no other spelling is made.
    given = signature.encode("utf-8", "surrogatepass")
    for url in urls:
        text = octets(url) + signed_tail
        for index, key in usable:
            if hmac.compare_digest(mac(key, text), given):
                yield index, key, url


def _usual(request: SignedRequest, keys: Sequence[SigningKey]) -> Proven | None:
    """Return the proof of a JSON request as Twilio nearly always sends it, else None: `_decide` then has the word.

    At the first base URL as it is configured, with nothing in the query but the body's hash. Both halves are checked
    as there, at a third of the price.
    """
    hashed = _HASH_QUERY.fullmatch(request.query)
    usual = request.content_type == "application/json" and request.path[:1] == "/" and request.base_urls
    if not (hashed and usual and request.signature):
        return None
    usable = chosen(keys, request.signature_settings)
    if isinstance(usable, str):
        return None
    url = f"{prefix(request.base_urls[0])}{request.path}?{request.query}"
    found = next(matches((url,), b"", request.signature, usable), None)
    right = found and hmac.compare_digest(body_hash(request.body), hashed[1])
    return Proven(found[0], found[1].account, url) if found and right else None


def _decide(request: SignedRequest, keys: Sequence[SigningKey]) -> Proven | Refused:
    if not request.signature:
        return _refuse("missing_signature", request, keys)
    pairs = request.pairs()
    signed_tail = b"" if request.is_bare() else tail(pairs)
    usable = chosen(keys, request.signature_settings)
    if isinstance(usable, str):
        return _refuse(usable, request, keys, _hint(request, signed_tail, keys))
    foreign = None
    for index, key, url in matches(request_spellings(request), signed_tail, request.signature, usable):
        if not is_foreign(key.account, _accounts(request, pairs)):
            fault = None if pairs or request.needs_no_hash() else body_hash_fault(url, request.body)
            return _refuse(fault, request, keys) if fault else Proven(index, key.account, url, pairs)
        foreign = key
    if foreign:
        return _refuse("other_account", request, keys, f"signed with a key of {foreign.account}")
    return _refuse("wrong_signature", request, keys, _hint(request, signed_tail, keys))


def _accounts(request: SignedRequest, pairs: Pairs) -> frozenset[str]:
    """Return the accounts that the request names; for some products they stand in the query alone."""
    found, query = named(pairs), request.whole_query()
    if found or not query:
        return found
    return frozenset() if named_in_json(request.body) else named(parse_form(octets(query)))


def _refuse(reason: Reason, request: SignedRequest, keys: Sequence[SigningKey], hint: str | None = None) -> Refused:
    spelled = (octets(url).decode("utf-8", "backslashreplace") for url in request_spellings(request))
    tried = tuple(dict.fromkeys(spelled))
    hashed = any(body_hashes(url) for url in tried[:1])
    parameters = sum(map(bool, request.body.split(b"&"))) if request.is_form() else 0
    return Refused(reason, tried, len(keys), request.content_type, hashed, parameters, hint)


def _hint(request: SignedRequest, signed_tail: bytes, keys: Sequence[SigningKey]) -> str | None:
    """Return which small change would make a request match that does not, or None."""
    if len(signed_tail) > LONGEST_HINTED:
        return None
    everyone = [(index, key) for index, key in enumerate(keys) if key.secret]
    misses = [(None, request), *near_misses.of_base_urls(request)]
    for words, trial in misses:
        found = next(matches(request_spellings(trial), signed_tail, request.signature or "", everyone), None)
        if found:
            return words or near_misses.of_key(found[1])
    return None
