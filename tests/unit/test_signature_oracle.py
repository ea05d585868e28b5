"""Twilio signatures against the official library: for any URL, parameters and body both give the same answer.

Where they differ, a table says what each of them answers and why; the properties leave those cases out.
"""

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from service.twilio.forms import parse_form
from service.twilio.signature import AuthToken, Proven, Refused, SignedRequest, sign, sign_json_url, verify

SECRET = "7f1c9a4be0d2583f96ab10c47de85b32"
ORACLE: Any = RequestValidator(SECRET)  # type: ignore[no-untyped-call]  # it has no annotations
FORM = "application/x-www-form-urlencoded"
HOOK = "https://hooks.example.com/twilio/orchestrator"
RIGHT = sign(SECRET, HOOK)
BODY = '{"eventType":"CONVERSATION_CREATED"}'
HASH = hashlib.sha256(BODY.encode()).hexdigest()

Pairs = list[tuple[str, str]]
Parameters = ImmutableMultiDict[str, str]  # a mapping that keeps repeats, as the library takes from web frameworks

examples = settings(deadline=None, max_examples=200)  # no deadline: the machines that run this are shared


def library(url: str, content: object, signature: str | None) -> bool | str:
    """Return the library's answer, or the name of what it raised."""
    try:
        return bool(ORACLE.validate(url, content, signature))
    except Exception as error:  # noqa: BLE001 - any exception is one of its answers
        return type(error).__name__


def ours(url: str, content: str | bytes | Parameters | None, signature: str | None) -> str:
    """Return "proven" or our reason: a text or bytes is a body that is no form, nothing is a GET."""
    kind, body, method = "application/json", b"", "POST"
    if content is None:
        method = "GET"
    elif isinstance(content, ImmutableMultiDict):
        kind, body = FORM, urlencode(content.multi_items()).encode()
    else:
        body = content.encode() if isinstance(content, str) else content
    verdict = verify(SignedRequest((url,), "", "", kind, body, signature, method), (AuthToken(SECRET),))
    return verdict.reason if isinstance(verdict, Refused) else "proven"


def oracle_sign(url: str, pairs: Pairs) -> str:
    """Return the library's signature."""
    return str(ORACLE.compute_signature(url, Parameters(pairs)))


# --- Where the two differ ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "signed"),
    [
        pytest.param("https://h/x#rc=5", "https://h/x", id="fragment-is-kept-in-the-text"),
        pytest.param("https://u:p@h/x", "https://h/x", id="user-info-is-kept-in-the-text"),
        pytest.param("https://u:p@h:8443/x", "https://h/x", id="port-behind-a-password-is-cut-wrongly"),
        pytest.param("https://[::1]:8443/x", "https://[::1]/x", id="port-of-an-ipv6-literal-is-cut-wrongly"),
        pytest.param("https://h:0/x", "https://h/x", id="port-0-counts-as-none"),
        pytest.param("https://h:/x", "https://h/x", id="empty-port-counts-as-none"),
        pytest.param("wss://h/x", "wss://h:443/x", id="wss-gets-port-80-only"),
        pytest.param("https://h/x?", "https://h/x?", id="bare-question-mark-is-lost-in-rewriting"),
        pytest.param("https://h/x;", "https://h/x;", id="bare-semicolon-is-lost-in-rewriting"),
        pytest.param("https://h/x?a=\t", "https://h/x?a=\t", id="tabs-and-line-ends-are-lost-in-rewriting"),
        pytest.param("HTTPS://h/x", "HTTPS://h/x", id="scheme-is-rewritten-in-lower-case"),
    ],
)
def test_urls_that_the_library_gets_wrong(seen: str, signed: str) -> None:
    """The library refuses a right signature because of how it rewrites the URL; we accept it."""
    signature = oracle_sign(signed, [])

    assert (False, "proven") == (library(seen, {}, signature), ours(seen, None, signature))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"bodySHA256={HASH}", (True, "proven")),
        (f"a=1&bodySHA256={HASH}&b=2", (True, "proven")),
        (f"body%53HA256={HASH}", (True, "proven")),
        # It raises where nothing ties the body to the signature.
        ("a=1", ("TypeError", "missing_body_hash")),
        (f"bodysha256={HASH}", ("TypeError", "missing_body_hash")),
        (f"a=bodySHA256={HASH}", ("TypeError", "missing_body_hash")),
        # It takes the first of several; with two, we can't know which one a reader of the URL would take.
        (f"bodySHA256={HASH}&bodySHA256={HASH}", (True, "repeated_body_hash")),
        (f"bodySHA256={HASH}&body%53HA256=0", (True, "repeated_body_hash")),
        (f"bodySHA256=0&bodySHA256={HASH}", (False, "repeated_body_hash")),
        # It doesn't see parameters without a value.
        (f"bodySHA256&bodySHA256={HASH}", (True, "repeated_body_hash")),
        ("bodySHA256=", ("TypeError", "wrong_body_hash")),
        (f"bodySHA256={HASH.upper()}", (False, "wrong_body_hash")),
        (f"bodySHA256={HASH}+", (False, "wrong_body_hash")),
        (f"bodySHA256={HASH[:-1]}", (False, "wrong_body_hash")),
        (f"bodySHA256={HASH};a=1", (False, "wrong_body_hash")),
        ("bodySHA256=%F0%9F%9A%9A", (False, "wrong_body_hash")),
    ],
)
def test_body_hash(query: str, expected: tuple[bool | str, str]) -> None:
    """A body that is no form needs exactly one right hash, in lower case, in the URL that was signed."""
    url = f"{HOOK}?{query}"
    signature = oracle_sign(url, [])

    assert expected == (library(url, BODY, signature), ours(url, BODY, signature))


def test_bodies_that_the_library_cannot_read() -> None:
    """A body that is no text, which the library can't check at all, is proven by its hash like any other."""
    url, signature = sign_json_url(SECRET, HOOK, b"\xff")

    assert ("IndexError", "proven") == (library(url, b"\xff", signature), ours(url, b"\xff", signature))


@pytest.mark.parametrize(
    ("body", "tail"),
    [
        (b"a=1+2&b=1%2B2", b"a1 2b1+2"),
        (b"a=1;b=2", b"a1;b=2"),
        (b"&b=2&&a=1&", b"a1b2"),
        (b"b&a=", b"ab"),
        (b"=v&a=1=2", b"va1=2"),
        (b"a=2&a=1&a=2", b"a1a2"),
        (b"a=%00&b=\x00", b"a\0b\0"),
        (b"a=\r\n+%0A", b"a\r\n \n"),
        (b"b=\xc3\xa9&a=%C3%A9", b"a\xc3\xa9b\xc3\xa9"),
        (b"a=%ZZ%", b"a%ZZ%"),
        # Lone surrogates make the library raise; other bytes that are no UTF-8 reach it as replacement characters.
        (b"a=%ED%A0%80", b"a\xed\xa0\x80"),
        (b"a=%FF\xfe", b"a\xff\xfe"),
    ],
)
def test_form_text(body: bytes, tail: bytes) -> None:
    """The signed text holds the distinct pairs in order, decoded once, and every byte that is no UTF-8."""
    signature = base64.b64encode(hmac.digest(SECRET.encode(), HOOK.encode() + tail, "sha1")).decode()
    verdict = verify(SignedRequest((HOOK,), "", "", FORM, body, signature), (AuthToken(SECRET),))

    assert Proven(0, None, HOOK, parse_form(body)) == verdict


# --- Where they agree -------------------------------------------------------------------------------------------------

RESERVED = "/:@!$&'()*+,;=%"
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
pairs = st.lists(st.tuples(st.sampled_from(["a", "A", "_", "Body"]) | text, text), max_size=6)
anything = st.text(st.characters(), max_size=20)
hosts = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.-]{0,12}", fullmatch=True)
authorities = hosts | st.builds("{}:{}".format, hosts, st.integers(1, 65535)) | st.just("[2001:db8::1]")
paths = st.text("aZ09-._~é🚚" + RESERVED, max_size=8).map("/{}".format).filter(lambda path: not path.endswith(";"))
queries = st.just("") | st.text("aZ09-._~é🚚?" + RESERVED, min_size=1, max_size=12).map("?{}".format)
# A wss URL without a port may have been signed with :443, which the library doesn't try.
CHANGES = ["", ":80", ":8443", "path", "scheme", "case"]


@st.composite
def urls(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a URL as it is seen, and one that was signed: the same, or with a little change."""
    scheme, authority = draw(st.sampled_from(["http", "https", "wss"])), draw(authorities)
    rest = draw(st.just("") | paths) + draw(queries)
    host = authority if authority.endswith("]") else authority.partition(":")[0]
    change = draw(st.sampled_from(CHANGES + [":443"] * (scheme != "wss")))
    signed = {
        "path": f"{scheme}://{authority}/{rest}",
        "scheme": f"{'http' if scheme != 'http' else 'https'}://{authority}{rest}",
        "case": f"{scheme}://{authority.swapcase()}{rest}",
    }.get(change, f"{scheme}://{host}{change}{rest}")
    seen = f"{scheme}://{authority}{rest}"
    return seen, draw(st.sampled_from([seen, signed]))


@examples
@given(urls(), pairs)
def test_signing(url: tuple[str, str], parameters: Pairs) -> None:
    """For any URL with parameters, or with a body that is no form, we sign as the library does."""
    full, signature = sign_json_url(SECRET, url[1], BODY.encode())

    assert oracle_sign(url[1], parameters) == sign(SECRET, url[1], parameters)
    assert library(full, BODY, signature) is True


@examples
@given(urls())
def test_get(url: tuple[str, str]) -> None:
    """A request without a body gets the same answer from both."""
    seen, signature = url[0], oracle_sign(url[1], [])

    assert library(seen, {}, signature) == ("proven" == ours(seen, None, signature))


@examples
@given(urls(), pairs, st.sampled_from([slice(None), slice(1, None), slice(None, None, -1)]))
def test_forms(url: tuple[str, str], sent: Pairs, kept: slice) -> None:
    """A form that was signed as it is, or with a pair less, or in another order, gets the same answer from both."""
    seen, signed = url
    signature = oracle_sign(signed, sent[kept])

    assert library(seen, Parameters(sent), signature) == ("proven" == ours(seen, Parameters(sent), signature))


@examples
@given(urls(), text, st.none() | text)
def test_json(url: tuple[str, str], sent: str, other: str | None) -> None:
    """A body that is no form, as it is or changed after signing, gets the same answer from both."""
    digest = hashlib.sha256((sent if other is None else other).encode()).hexdigest()
    seen, signed = (f"{each}{'&' if '?' in each else '?'}bodySHA256={digest}" for each in url)
    signature = oracle_sign(signed, [])

    assert library(seen, sent, signature) == ("proven" == ours(seen, sent, signature))


@examples
@example("\ud800")
@given(st.text() | st.sampled_from([f" {RIGHT}", RIGHT[:-1], f"{RIGHT},{RIGHT}", RIGHT.swapcase(), "A" * 100_000]))
def test_other_signatures(signature: str) -> None:
    """No text but the signature itself, byte for byte, is accepted by either."""
    assume(signature != RIGHT)

    assert library(HOOK, {}, signature) is False
    assert ours(HOOK, None, signature) in {"wrong_signature", "missing_signature"}


@examples
@given(st.text("abF08+%&=; é\0", max_size=30))
def test_form_parsing(body: str) -> None:
    """The pairs are those of the standard library, blanks kept."""
    expected = parse_qsl(body, keep_blank_values=True, errors="surrogateescape")

    assert tuple(expected) == parse_form(body.encode())


@examples
@given(
    anything, anything.map("/{}".format) | anything, anything, st.sampled_from([FORM, "", "text/plain"]), st.binary()
)
def test_never_raises(base: str, path: str, query: str, content_type: str, body: bytes) -> None:
    """Whatever comes in, the answer is a refusal and no exception."""
    for base_url in (base, f"https://{base}", HOOK):
        request = SignedRequest((base_url,), path, query, content_type, body, query or "x", path[1:])

        assert isinstance(verify(request, (AuthToken(SECRET),)), Refused)
