"""PURE. What differs a little from a request that was refused: the difference that matches tells what went wrong.

None of these is ever accepted; they are words for the operator.
"""

import json
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from service.twilio.signed_request import BODY_HASH, Pairs, SignedRequest, body_hash
from service.twilio.signing_keys import SETTINGS_HEADER, SharedKey, SigningKey, settings_header
from service.twilio.spellings import parts

_OTHER_SCHEME = {"http": "https", "https": "http", "ws": "wss", "wss": "ws"}


def of_base_urls(request: SignedRequest) -> Iterator[tuple[str, SignedRequest]]:
    """Yield what a proxy or a wrong setting does to the base URL, each with the words for it."""
    for base in request.base_urls:
        scheme, host, port, path = parts(base)
        for words, url in _bases(scheme, host, port, path):
            yield words, replace(request, base_urls=(url,))
        if path.strip("/"):
            yield f"would match without {path}", replace(request, base_urls=(f"{scheme}://{host}{port}",))


def of_key(key: SigningKey) -> str:
    """Return the words for a signature that is right, but not by the key that the request asks for."""
    if isinstance(key, SharedKey):
        return f"would match if the header {SETTINGS_HEADER} were {settings_header(key)}"
    return f"would match an auth token, without the header {SETTINGS_HEADER}"


def of_url(url: str, body: bytes) -> Iterator[tuple[str, str]]:
    """Yield what happens to a whole URL on its way, or when it is copied. Raises ValueError for what is no URL."""
    scheme, host, port, rest = parts(url)
    yield from _bases(scheme, host, port, rest)
    start = f"{scheme}://{host}{port}"
    path, mark, query = rest.partition("?")
    yield from _paths(start, path, mark + query)
    if f"{BODY_HASH}=" not in query:
        bound = f"{BODY_HASH}={body_hash(body)}"
        yield f"would match with {BODY_HASH} at the end of the URL", f"{start}{path}?{query}{'&' * bool(query)}{bound}"
    if query:
        yield "would match without the query", start + path
        yield from ((words, f"{start}{path}?{written}") for words, written in _queries(query))


def of_pairs(pairs: Pairs) -> Iterator[tuple[str, Pairs]]:
    """Yield what frameworks do to the parameters of a form before they are compared."""
    yield "would match without the form's parameters: the URL alone was signed", ()
    yield "would match without the empty values", tuple(pair for pair in pairs if pair[1])
    yield "would match with the values trimmed", tuple((name, value.strip()) for name, value in pairs)
    yield "would match with the last of repeated names only", tuple(dict(pairs).items())
    yield "would match with the first of repeated names only", tuple(dict(reversed(pairs)).items())


def of_body(body: bytes, wanted: str) -> str | None:
    """Return which other way of writing a JSON body has the wanted hash, or None."""
    found = (words for words, written in _bodies(body) if body_hash(written) == wanted)
    return next(found, None)


def _bases(scheme: str, host: str, port: str, rest: str) -> Iterator[tuple[str, str]]:
    other = _OTHER_SCHEME[scheme.lower()]
    yield f"would match with {other}", f"{other}://{host}{port}{rest}"
    if host != host.lower():
        yield f"would match host {host.lower()}", f"{scheme}://{host.lower()}{port}{rest}"


def _paths(start: str, path: str, query: str) -> Iterator[tuple[str, str]]:
    if path.endswith("/"):
        yield "would match without the slash at the end of the path", start + path.removesuffix("/") + query
    else:
        yield "would match with a slash at the end of the path", f"{start}{path}/{query}"


def _queries(query: str) -> Iterator[tuple[str, str]]:
    changes = [("'", "%27"), ("%27", "'"), ("+", "%20"), ("%20", "+"), (",", "%2C"), (":", "%3A"), ("@", "%40")]
    changes += [("%2C", ","), ("%3A", ":"), ("%40", "@")]
    for old, new in changes:
        if old in query:
            yield f"would match with {new} for {old} in the query: it was encoded anew", query.replace(old, new)
    pieces = query.split("&")
    if sorted(pieces) != pieces:
        yield "would match with the query sorted: it was put into another order", "&".join(sorted(pieces))


def _bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    yield "without the blanks and line ends around it", body.strip()
    yield "with a line end behind it", body + b"\n"
    yield "with the line ends of Unix", body.replace(b"\r\n", b"\n")
    yield "with the line ends of Windows", body.replace(b"\n", b"\r\n")
    try:
        yield from _rewritten(json.loads(body))
    except (ValueError, RecursionError):
        return


def _rewritten(found: object) -> Iterator[tuple[str, bytes]]:
    for escaped in (False, True):
        letters = "with other letters than ASCII escaped" if escaped else "with its letters as they are"
        for layout, options in _LAYOUTS.items():
            written = json.dumps(found, ensure_ascii=escaped, **options)
            yield f"written {layout}, {letters}", written.encode("utf-8", "surrogatepass")


_LAYOUTS: dict[str, dict[str, Any]] = {
    "without blanks": {"separators": (",", ":")},
    "with blanks behind commas and colons": {},
    "without blanks and sorted": {"separators": (",", ":"), "sort_keys": True},
    "with blanks and sorted": {"sort_keys": True},
    "in lines, indented by two": {"indent": 2},
    "in lines, indented by four": {"indent": 4},
}
