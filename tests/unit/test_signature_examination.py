"""What a person is told who asks why a signature is refused."""

import json
from dataclasses import dataclass

import pytest

from service.twilio.examination import Trial, examine
from service.twilio.signature import AuthToken, SharedKey, SignedRequest, SigningKey, sign, sign_json_url

ACCOUNT, OTHER = "AC53e4e706acb51cfb57177c0f426582ae", "ACc9e5c05896f901af19256f4babaf3a12"
FORM = "application/x-www-form-urlencoded"
HOOK = "https://hooks.example.com/x"
BODY = '{"a":1,"b":"é","c":[1,2]}'.encode()
KEY = AuthToken("7f1c9a4be0d2583f96ab10c47de85b32")
PAIRS = (("A", "1"), ("A", "2"), ("B", ""), ("C", " c "))
SENT = b"A=1&A=2&B=&C=+c+"


def hints(request: SignedRequest, keys: tuple[SigningKey, ...] = (KEY,)) -> tuple[str, ...]:
    """Return the hints for a request that has to be refused."""
    found = examine(request, keys)

    assert not found.matches
    return found.hints


@pytest.mark.parametrize(
    ("seen", "signed", "expected"),
    [
        ("http://h/x", "https://h/x", "would match with https"),
        ("https://h/x", "http://h:80/x", "would match with http"),
        ("https://H/x", "https://h/x", "would match host h"),
        ("https://h/x", "https://h/x/", "would match with a slash at the end of the path"),
        ("https://h/x/?a=1", "https://h/x?a=1", "would match without the slash at the end of the path"),
        ("https://h/x?a=1", "https://h/x", "would match without the query"),
        ("https://h/x?a=%27", "https://h/x?a='", "would match with ' for %27 in the query: it was encoded anew"),
        ("https://h/x?a=1+2", "https://h/x?a=1%202", "would match with %20 for + in the query: it was encoded anew"),
        (
            "https://h/x?b=1&a=1",
            "https://h/x?a=1&b=1",
            "would match with the query sorted: it was put into another order",
        ),
    ],
)
def test_hints_about_the_url(seen: str, signed: str, expected: str) -> None:
    """What happens to URLs behind proxies and in frameworks is recognised, and still refused."""
    request = SignedRequest((seen,), "", "", FORM, SENT, sign(KEY, signed, PAIRS))

    assert (expected,) == hints(request)


@pytest.mark.parametrize(
    ("signed", "expected"),
    [
        ((), "would match without the form's parameters: the URL alone was signed"),
        ((*PAIRS[:2], PAIRS[3]), "would match without the empty values"),
        ((*PAIRS[:3], ("C", "c")), "would match with the values trimmed"),
        (PAIRS[1:], "would match with the last of repeated names only"),
        ((PAIRS[0], *PAIRS[2:]), "would match with the first of repeated names only"),
    ],
)
def test_hints_about_forms(signed: tuple[tuple[str, str], ...], expected: str) -> None:
    """What frameworks do to parameters is recognised."""
    assert (expected,) == hints(SignedRequest((HOOK,), "", "", FORM, SENT, sign(KEY, HOOK, signed)))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (json.dumps(json.loads(BODY)).encode(), "written without blanks, with its letters as they are"),
        (BODY + b"\n", "without the blanks and line ends around it"),
    ],
)
def test_a_body_that_was_serialised_anew(seen: bytes, expected: str) -> None:
    """The way of writing that has the signed hash is named."""
    url, signature = sign_json_url(KEY, HOOK, BODY)
    request = SignedRequest((url,), "", "", "application/json", seen, signature)

    assert (f"the body was re-serialised: bodySHA256 is that of the body {expected}",) == hints(request)


def test_another_body() -> None:
    """Where no way of writing it helps, the body is another one."""
    url, signature = sign_json_url(KEY, HOOK, b"{}")
    found = examine(SignedRequest((url,), "", "", "application/json", b"[1]", signature), (KEY,))

    assert ("wrong_body_hash", "wrong_body_hash") == (found.reason, found.body)
    assert "raw bytes" in found.hints[0]


def test_a_url_without_the_hash() -> None:
    """The URL as it was configured, instead of the one that was called, is recognised."""
    _, signature = sign_json_url(KEY, f"{HOOK}?a=1", BODY)
    request = SignedRequest((f"{HOOK}?a=1",), "", "", "application/json", BODY, signature)

    assert ("would match with bodySHA256 at the end of the URL",) == hints(request)


def test_a_form_that_was_taken_for_something_else() -> None:
    """A form without its Content-Type is recognised."""
    request = SignedRequest((HOOK,), "", "", "text/plain", SENT, sign(KEY, HOOK, PAIRS))

    assert ("would match as a form: its Content-Type is application/x-www-form-urlencoded",) == hints(request)


@dataclass(frozen=True)
class Case:
    """A signature of the plain hook, what the header says, what we hold, and what is told."""

    signer: SigningKey
    held: SigningKey
    expected: str
    header: str | None = None


SHARED = SharedKey("k", "HMAC_SHA256", "secret")
CASES = {
    "other algorithm": Case(
        SharedKey("k", "HMAC_SHA1", "secret"),
        SHARED,
        "would match with HMAC_SHA1, which SharedKey k does not sign with",
        "key=k",
    ),
    "no header": Case(
        SHARED,
        SHARED,
        "would match if the header X-Twilio-Webhooks-Signature-Settings were key=k,algorithm=HMAC_SHA256",
    ),
    "header too much": Case(
        KEY, KEY, "would match an auth token, without the header X-Twilio-Webhooks-Signature-Settings", "key=k"
    ),
    "blanks in the secret": Case(
        KEY, AuthToken(f"{KEY.secret}\n"), "would match without the blanks around auth token 1"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_hints_about_keys(case: Case) -> None:
    """A signature that another key, header or algorithm would explain says so."""
    request = SignedRequest((HOOK,), "", "", FORM, b"", sign(case.signer, HOOK), "POST", case.header)

    assert (case.expected,) == hints(request, (case.held,))


@pytest.mark.parametrize("around", ["{} ", '"{}"', "'{}'\n"])
def test_what_stands_around_a_signature(around: str) -> None:
    """A signature that was copied with blanks or quotes is recognised."""
    request = SignedRequest((HOOK,), "", "", FORM, b"", around.format(sign(KEY, HOOK)))

    assert ("would match without what stands around the signature",) == hints(request)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [(FORM, f"AccountSid={OTHER}".encode()), ("application/json", json.dumps({"data": {"accountId": OTHER}}).encode())],
    ids=["form", "json"],
)
def test_a_key_of_another_account(content_type: str, body: bytes) -> None:
    """Whatever kind of body names another account than the key's, the examination refuses it as the receiver does."""
    key = AuthToken("token", ACCOUNT)
    url, signature = (HOOK, sign(key, HOOK, (("AccountSid", OTHER),)))
    if content_type != FORM:
        url, signature = sign_json_url(key, HOOK, body)
    found = examine(SignedRequest((url,), "", "", content_type, body, signature), (key,))

    assert (False, "other_account") == (found.matches, found.reason)
    assert ("signed with the key of another account than the one that the request names",) == found.hints


def test_all_trials_are_told() -> None:
    """Each spelling of the URL with each key that has a secret, and what of it matched."""
    keys = (AuthToken("", ACCOUNT), AuthToken("token", ACCOUNT), SHARED)
    found = examine(SignedRequest(("https://h:8443/x",), "", "", "", b"", sign("token", "https://h/x"), "GET"), keys)
    token, usable, matched = f"auth token 2 of {ACCOUNT}", True, True

    assert (True, None, token, "https://h/x", "none", ()) == (
        found.matches, found.reason, found.key, found.url, found.body, found.hints,
    )  # fmt: skip
    assert (
        Trial("https://h:8443/x", "as it is", token, "HMAC_SHA1", usable, not matched),
        Trial("https://h:8443/x", "as it is", "SharedKey k", "HMAC_SHA256", not usable, not matched),
        Trial("https://h/x", "without the port", token, "HMAC_SHA1", usable, matched),
        Trial("https://h/x", "without the port", "SharedKey k", "HMAC_SHA256", not usable, not matched),
    ) == found.trials


def test_what_is_no_url_raises() -> None:
    """A mistake in the question is not answered as a wrong signature."""
    with pytest.raises(ValueError, match="URL"):
        examine(SignedRequest(("h/x",), "", "", FORM, b"", "x"), (KEY,))
