"""PURE. Every way in which a signature may have been made, tried one by one, for who asks why it is refused."""

from collections.abc import Iterator, Sequence
from dataclasses import replace as changed
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from service.twilio import near_misses
from service.twilio.accounts import is_foreign, named_in_json
from service.twilio.signature import Proven, Reason, SignedRequest, SigningKey, candidates, matches, verify
from service.twilio.signed_request import body_hash_fault, body_hashes, octets, tail
from service.twilio.signing_keys import Algorithm, Numbered, SharedKey, chosen
from service.twilio.spellings import parts

BodyWord = Literal["none", "form", "right_body_hash", "missing_body_hash", "repeated_body_hash", "wrong_body_hash"]

_OTHER_ALGORITHM: dict[Algorithm, Algorithm] = {"HMAC_SHA1": "HMAC_SHA256", "HMAC_SHA256": "HMAC_SHA1"}


class Trial(Struct, frozen=True):
    """One spelling of the URL with one key: whether that makes the signature, and whether the key may be used."""

    url: str
    spelling: str
    key: str
    algorithm: Algorithm
    usable: bool
    matches: bool


class Examination(Struct, frozen=True):
    """What the receiver would say, each trial, what binds the body, and what would have matched."""

    matches: bool
    reason: Reason | None
    key: str | None
    url: str | None
    body: BodyWord
    parameters: int
    trials: tuple[Trial, ...]
    hints: tuple[str, ...]


def examine(request: SignedRequest, keys: Sequence[SigningKey]) -> Examination:
    """Return the examination of a request whose base URL is the whole URL.

    Raises ValueError for what is no http, https, ws or wss URL or has an impossible port.
    """
    url, everyone = request.base_urls[0], [(index, key) for index, key in enumerate(keys) if key.secret]
    trials, verdict = tuple(_trials(url, request, everyone, keys)), verify(request, keys)
    reason = _foreign(request, verdict) if isinstance(verdict, Proven) else verdict.reason
    proven = isinstance(verdict, Proven) and reason is None
    return Examination(
        matches=proven,
        reason=reason,
        key=label(verdict.key_index, keys[verdict.key_index]) if isinstance(verdict, Proven) else None,
        url=_writable(verdict.url) if isinstance(verdict, Proven) else None,
        body=_body_word(request, url),
        parameters=len(request.pairs()),
        trials=trials,
        hints=() if proven else tuple(dict.fromkeys(_hints(request, reason, everyone, trials))),
    )


def label(index: int, key: SigningKey) -> str:
    """Return what a key is called, without its secret."""
    owner = f" of {key.account}" if key.account else ""
    return f"SharedKey {key.id}{owner}" if isinstance(key, SharedKey) else f"auth token {index + 1}{owner}"


def _foreign(request: SignedRequest, proven: Proven) -> Reason | None:
    unsigned_pairs = not (request.is_form() or request.is_bare())
    named = named_in_json(request.body) if unsigned_pairs else ()
    return "other_account" if is_foreign(proven.account, named) else None


def _trials(url: str, request: SignedRequest, everyone: Numbered, keys: Sequence[SigningKey]) -> Iterator[Trial]:
    usable = chosen(keys, request.signature_settings)
    places = set() if isinstance(usable, str) else {index for index, _ in usable}
    for spelled in candidates(url):
        found = {index for index, _, _ in _made(request, [spelled], everyone)}
        for index, key in everyone:
            name, used = label(index, key), index in places
            yield Trial(_writable(spelled), _spelling(url, spelled), name, key.algorithm, used, index in found)


def _made(request: SignedRequest, urls: Sequence[str], keys: Numbered) -> list[tuple[int, SigningKey, str]]:
    signed_tail = b"" if request.is_bare() else tail(request.pairs())
    return list(matches(urls, signed_tail, request.signature or "", keys))


def _spelling(url: str, spelled: str) -> str:
    given, tried = parts(url), parts(spelled)
    words = "as it is"
    if given[2] != tried[2]:
        words = f"with port {tried[2][1:]}" if tried[2] else "without the port"
    return words if given[3] == tried[3] else f"{words}, without the bare ?"


def _writable(url: str) -> str:
    return octets(url).decode("utf-8", "backslashreplace")


def _body_word(request: SignedRequest, url: str) -> BodyWord:
    if request.is_bare():
        return "none"
    return "form" if request.is_form() else body_hash_fault(url.partition("#")[0], request.body) or "right_body_hash"


def _hints(request: SignedRequest, reason: Reason | None, everyone: Numbered, trials: Sequence[Trial]) -> Iterator[str]:
    if reason == "other_account":
        yield "signed with the key of another account than the one that the request names"
    if reason in {"missing_body_hash", "repeated_body_hash", "wrong_body_hash"}:
        yield from _of_body(request)
    if request.signature and not any(trial.matches for trial in trials):
        yield from _of_changes(request, everyone)
    index = next((n for n, trial in enumerate(trials) if trial.matches and not trial.usable), None)
    if index is not None:
        yield near_misses.of_key(everyone[index % len(everyone)][1])


def _of_body(request: SignedRequest) -> Iterator[str]:
    hashes = body_hashes(request.base_urls[0].partition("#")[0])
    words = near_misses.of_body(request.body, hashes[0]) if hashes else None
    if words:
        yield f"the body was re-serialised: bodySHA256 is that of the body {words}"
    elif hashes and len(hashes) == 1:
        yield "the URL is signed right, but the body is not the one that was sent: hand over its raw bytes"
    elif not hashes:
        yield "the URL has no bodySHA256, so nothing binds this body; a form needs its Content-Type"


def _of_changes(request: SignedRequest, keys: Numbered) -> Iterator[str]:
    url = request.base_urls[0].partition("#")[0]
    given = request.signature or ""
    for words, other in near_misses.of_url(url, request.body):
        if _made(request, candidates(other), keys):
            yield words
    for words, trial in _of_form(request):
        if list(matches(candidates(url), trial, given, keys)):
            yield words
    plain = given.strip().strip("\"'").replace(" ", "+")
    if plain != given and _made(replace(request, signature=plain), candidates(url), keys):
        yield "would match without what stands around the signature"
    yield from _of_keys(request, url, keys)


def _of_form(request: SignedRequest) -> Iterator[tuple[str, bytes]]:
    if request.is_form():
        yield from ((words, tail(pairs)) for words, pairs in near_misses.of_pairs(request.pairs()))
    else:
        as_form = replace(request, content_type="application/x-www-form-urlencoded", method="POST")
        yield "would match as a form: its Content-Type is application/x-www-form-urlencoded", tail(as_form.pairs())


def _of_keys(request: SignedRequest, url: str, keys: Numbered) -> Iterator[str]:
    for index, key in keys:
        other = SharedKey("", _OTHER_ALGORITHM[key.algorithm], key.secret)
        if _made(request, candidates(url), [(index, other)]):
            yield f"would match with {other.algorithm}, which {label(index, key)} does not sign with"
        if key.secret != key.secret.strip() and _made(
            request, candidates(url), [(index, changed(key, secret=key.secret.strip()))]
        ):
            yield f"would match without the blanks around {label(index, key)}"
