"""Twilio signatures, case by case: what is signed, what has to be bound, which key matches, and what is refused."""

import hashlib

import pytest

from service.twilio.forms import parse_form
from service.twilio.signature import (
    AuthToken,
    Proven,
    Refused,
    SignedRequest,
    SigningKey,
    candidates,
    sign,
    sign_json_url,
    verify,
)

SECRET = "7f1c9a4be0d2583f96ab10c47de85b32"
KEYS = (AuthToken(SECRET),)
FORM = "application/x-www-form-urlencoded"
HOOK = "https://hooks.example.com/twilio/orchestrator"
RIGHT = sign(SECRET, HOOK)
BODY = b'{"eventType":"CONVERSATION_CREATED"}'
HASH = hashlib.sha256(BODY).hexdigest()


def got(url: str, signed: str) -> SignedRequest:
    """Return a GET of `url` with the signature of the URL `signed`."""
    return SignedRequest((url,), "", "", "", b"", sign(SECRET, signed), "GET")


def posted(url: str, content_type: str, body: bytes, signature: str | None) -> SignedRequest:
    """Return a POST to a whole URL."""
    return SignedRequest((url,), "", "", content_type, body, signature)


def outcome(request: SignedRequest, keys: tuple[SigningKey, ...] = KEYS) -> str:
    """Return "proven", or the reason of the refusal."""
    verdict = verify(request, keys)
    return verdict.reason if isinstance(verdict, Refused) else "proven"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("http://mycompany.com:80/myapp.php?foo=1&bar=2", "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    ],
)
def test_published_signatures(url: str, expected: str) -> None:
    """The values in the official library's own tests come out."""
    pairs = (("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675309"), ("Digits", "1234"))

    assert expected == sign("12345", url, (*pairs, ("From", "+14158675309"), ("To", "+18005551212")))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h/x", ["https://h/x", "https://h:443/x"]),
        ("http://h/x", ["http://h/x", "http://h:80/x"]),
        ("wss://h/x", ["wss://h/x", "wss://h:443/x", "wss://h:80/x"]),
        ("https://h:8443/x", ["https://h:8443/x", "https://h/x"]),
        ("https://u:p%40@H:8443/x#rc=5", ["https://H:8443/x", "https://H/x"]),
        ("https://u@v@h?a#", ["https://h?a", "https://h:443?a"]),
        ("https://[2001:db8::1]/x", ["https://[2001:db8::1]/x", "https://[2001:db8::1]:443/x"]),
        ("https://u:p@[::1]:8443/x", ["https://[::1]:8443/x", "https://[::1]/x"]),
        ("https://h/x?", ["https://h/x?", "https://h:443/x?", "https://h/x", "https://h:443/x"]),
        ("https://h/?a=1?", ["https://h/?a=1?", "https://h:443/?a=1?"]),
        ("https://h/a@b:1?c@d:2", ["https://h/a@b:1?c@d:2", "https://h:443/a@b:1?c@d:2"]),
    ],
)
def test_candidates(url: str, expected: list[str]) -> None:
    """User-info and fragment go, the port varies, a bare question mark is dropped; nothing is tried twice."""
    assert tuple(expected) == candidates(url)


@pytest.mark.parametrize(
    "url", ["", "h/x", "ftp://h/", "https:///x", "https://h:65536/", "https://h:x/", "https://::1/"]
)
def test_impossible_urls(url: str) -> None:
    """What is no URL that Twilio could call raises when asked about, and refuses when it is configured."""
    with pytest.raises(ValueError, match=r"URL|port"):
        candidates(url)

    assert "unreadable" == outcome(got(url, HOOK))


@pytest.mark.parametrize(
    ("base", "path", "query", "signed"),
    [
        ("https://h/", "/x", "a=1", "https://h/x?a=1"),
        ("https://h/prefix", "/x", "", "https://h/prefix/x"),
        ("https://u:p@H:8443/prefix/#rc=5&rp=all", "/x", "it's=%20+", "https://H:8443/prefix/x?it's=%20+"),
        ("https://h", "/caf%C3%A9//", "?", "https://h/caf%C3%A9//??"),
        ("https://h", "/\udcff", "b=\udcfe", "https://h/\udcff?b=\udcfe"),
    ],
)
def test_base_url_and_target(base: str, path: str, query: str, signed: str) -> None:
    """The signed URL is the configured one, its prefix too, and the target byte for byte."""
    request = SignedRequest((HOOK, base), path, query, "", b"", sign(SECRET, signed), "GET")
    pairs = parse_form(query.encode("utf-8", "surrogateescape"))

    assert Proven(0, None, signed, pairs) == verify(request, KEYS)


@pytest.mark.parametrize(
    ("path", "query", "reason"),
    [
        ("/x", "a=it%27s%20%2f&b=2", "wrong_signature"),
        ("/x", "a=it's+%2f&b=2", "wrong_signature"),
        ("/x", "a=it's%20%2F&b=2", "wrong_signature"),
        ("/x", "b=2&a=it's%20%2f", "wrong_signature"),
        ("/x", "a=it's%20%2f&b=2?", "wrong_signature"),
        ("/x", "a=it's%20%2f&b=2#&b=3", "wrong_signature"),
        ("/x/", "a=it's%20%2f&b=2", "wrong_signature"),
        ("/%78", "a=it's%20%2f&b=2", "wrong_signature"),
        (".example.org/x", "a=it's%20%2f&b=2", "unreadable"),
        ("@h/x", "a=it's%20%2f&b=2", "unreadable"),
        ("/\ud800", "", "unreadable"),
    ],
)
def test_other_targets(path: str, query: str, reason: str) -> None:
    """A target that is not the signed one, byte for byte, proves nothing, leads to no other host and breaks nothing."""
    signature = sign(SECRET, "https://h/x?a=it's%20%2f&b=2")

    assert reason == outcome(SignedRequest(("https://h",), path, query, "", b"", signature, "GET"))


@pytest.mark.parametrize(
    ("method", "content_type", "body", "expected"),
    [
        ("GET", "", b"", "proven"),
        ("GET", "application/json", b"", "proven"),
        ("GET", "", b"{}", "missing_body_hash"),
        ("GET", FORM, b"a=1", "wrong_signature"),
        ("POST", "", b"", "missing_body_hash"),
        ("POST", "application/json", b"", "missing_body_hash"),
        ("POST", "text/plain", b"a=1", "missing_body_hash"),
        ("POST", "multipart/form-data; boundary=x", b"--x--", "missing_body_hash"),
        ("POST", f" {FORM.upper()} ;charset=UTF-8", b"", "proven"),
        ("POST", FORM, b"a=1", "wrong_signature"),
    ],
)
def test_what_has_to_be_bound(method: str, content_type: str, body: bytes, expected: str) -> None:
    """With a signature of the bare URL only bodiless GETs and empty forms pass."""
    assert expected == outcome(SignedRequest((HOOK,), "", "", content_type, body, sign(SECRET, HOOK), method))


@pytest.mark.parametrize("signature", [None, ""])
def test_missing_signature(signature: str | None) -> None:
    """No header, or an empty one, is refused before anything is computed."""
    assert "missing_signature" == outcome(posted(HOOK, FORM, b"", signature))


@pytest.mark.parametrize("secrets", [[SECRET], ["old", SECRET, "other"], ["", "é", SECRET]])
def test_any_key_may_match(secrets: list[str]) -> None:
    """The key that signed is found wherever it stands in the list, and its account named."""
    keys = tuple(AuthToken(secret, f"AC{index}") for index, secret in enumerate(secrets))
    index = secrets.index(SECRET)

    assert Proven(index, f"AC{index}", HOOK) == verify(posted(HOOK, FORM, b"", RIGHT), keys)


@pytest.mark.parametrize(
    ("secrets", "expected"), [([], "no_keys"), (["", ""], "no_keys"), (["", "x"], "wrong_signature")]
)
def test_no_key_matches(secrets: list[str], expected: str) -> None:
    """Without keys nothing is proven, and a key without a secret is none, although anybody can sign with it."""
    assert expected == outcome(posted(HOOK, FORM, b"", sign("", HOOK)), tuple(map(AuthToken, secrets)))


@pytest.mark.parametrize(
    ("base", "signed", "expected"),
    [
        ("https://h", "http://h/x", "would match with http"),
        ("http://h", "https://h:443/x", "would match with https"),
        ("https://H", "https://h/x", "would match host h"),
        ("https://h/prefix", "https://h/x", "would match without /prefix"),
        ("https://h", "https://other/x", None),
    ],
)
def test_hint(base: str, signed: str, expected: str | None) -> None:
    """A refusal says which small change of the settings would make it match, and stays a refusal."""
    request = SignedRequest((base,), "/x", "", FORM, b"", sign(SECRET, signed))
    verdict = verify(request, KEYS)

    assert isinstance(verdict, Refused)
    assert expected == verdict.hint


@pytest.mark.parametrize(("size", "expected"), [(1000, "would match with http"), (17_000, None)])
def test_large_forms_get_no_hint(size: int, expected: str | None) -> None:
    """A flood of large forms that are refused costs no more than to refuse them."""
    signature = sign(SECRET, "http://h/x", [("A", "1" * size)])
    request = SignedRequest(("https://h",), "/x", "", FORM, b"A=" + b"1" * size, signature)
    verdict = verify(request, KEYS)

    assert isinstance(verdict, Refused)
    assert expected == verdict.hint


def test_refusal_tells_the_operator_all() -> None:
    """A refusal names what was tried and what was there, but no key and nothing that can't be written as UTF-8."""
    request = SignedRequest(("https://u:p@h", "https://h"), "/x", "bodySHA256=\udcff", FORM, b"a=1&b&&", "x")
    urls = (r"https://h/x?bodySHA256=\xff", r"https://h:443/x?bodySHA256=\xff")
    hashed = True

    assert Refused("wrong_signature", urls, 1, FORM, hashed, 2, None) == verify(request, KEYS)


def test_representations_hide_secrets_and_content() -> None:
    """Neither a key nor a body nor a signature shows when a value is printed."""
    shown = repr((AuthToken("hidden", "AC1"), SignedRequest(("hidden",), "/x", "hidden", FORM, b"hidden", "hidden")))

    assert "hidden" not in shown


@pytest.mark.parametrize(("url", "expected"), [(f"{HOOK}?", f"{HOOK}?"), (f"{HOOK}??#rc=5", f"{HOOK}??&")])
def test_signed_json_url(url: str, expected: str) -> None:
    """The hash goes to the end of the query, and what is signed so is proven."""
    full, signature = sign_json_url(SECRET, url, BODY)

    assert f"{expected}bodySHA256={HASH}" == full
    assert "proven" == outcome(posted(full, "application/json", BODY, signature))
