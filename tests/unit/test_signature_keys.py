"""The keys that sign: how a SharedKey is written, which key a header chooses, and what it may sign with."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator, get_signature_algorithm

from service.twilio.signature import AuthToken, Proven, Refused, SharedKey, SignedRequest, sign, sign_json_url, verify
from service.twilio.signing_keys import Algorithm, chosen, settings_header, shared_key

ACCOUNT = "AC53e4e706acb51cfb57177c0f426582ae"
HOOK = "https://hooks.example.com/twilio/message"
FORM = "application/x-www-form-urlencoded"
TOKEN = AuthToken("7f1c9a4be0d2583f96ab10c47de85b32")
STRONG = SharedKey("webhooks_sharedkey_strong", "HMAC_SHA256", "whk-7Jq2mZ0vTnB4sXcR9eLdYf6uKpWg1HoA")
WEAK = SharedKey("webhooks_sharedkey_weak", "HMAC_SHA1", "whk-3Rt8bQ5yMzC1vXfN6kJhPd0wGs2LoEaU")
KEYS = (TOKEN, STRONG, WEAK)

ALGORITHM_OF: Any = get_signature_algorithm  # it has no annotations

examples = settings(deadline=None, max_examples=200)  # no deadline: the machines that run this are shared
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
pairs = st.lists(st.tuples(st.sampled_from(["a", "A", "Body"]) | text, text), max_size=6)


def library(secret: str) -> Any:  # noqa: ANN401 - it has no annotations
    """Return the official library's validator for a secret."""
    return RequestValidator(secret)  # type: ignore[no-untyped-call]


def headed(header: str | None, signature: str, body: bytes = b"") -> SignedRequest:
    """Return a form POST with this settings header."""
    return SignedRequest((HOOK,), "", "", FORM, body, signature, "POST", header)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("k:HMAC_SHA256:s", SharedKey("k", "HMAC_SHA256", "s")),
        ("k:hmac_sha1:s", SharedKey("k", "HMAC_SHA1", "s")),
        ("k:HMAC_SHA1:s:with:colons", SharedKey("k", "HMAC_SHA1", "s:with:colons")),
        (f"{ACCOUNT}:k:HMAC_SHA256:s", SharedKey("k", "HMAC_SHA256", "s", ACCOUNT)),
        ("AC:HMAC_SHA256:s", SharedKey("AC", "HMAC_SHA256", "s")),
    ],
)
def test_shared_keys_as_they_are_written(written: str, expected: SharedKey) -> None:
    """Three parts, of which the last may hold colons, and an account in front of them if need be."""
    assert expected == shared_key(written)


@pytest.mark.parametrize("written", ["", "secret", "k:secret", "k::secret", ":HMAC_SHA1:secret", "k:HMAC_SHA1:"])
def test_incomplete_shared_keys(written: str) -> None:
    """A part that is missing is named by the form that is expected."""
    with pytest.raises(ValueError, match=r"^is not written key-id:algorithm:secret$"):
        shared_key(written)


@pytest.mark.parametrize("written", ["k:hidden:HMAC_SHA256", "k:SHA256:hidden", "HMAC_SHA1:k:hidden"])
def test_the_mistake_repeats_no_secret(written: str) -> None:
    """What stands in the algorithm's place may be the secret, so it is not repeated."""
    with pytest.raises(ValueError, match="HMAC_SHA1, HMAC_SHA256") as caught:
        shared_key(written)

    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, [0]),
        ("", [0]),
        ("version=2", [0]),
        ("algorithm=HMAC_SHA1", [0]),
        ("algorithm=HMAC_SHA256", "other_algorithm"),
        (f"key={STRONG.id},algorithm=HMAC_SHA256", [1]),
        (f"key={STRONG.id}", [1]),
        (f"key={STRONG.id},algorithm=HMAC_SHA1", "other_algorithm"),
        (f"key={WEAK.id},algorithm=HMAC_SHA1", [2]),
        (f"key={WEAK.id},key={STRONG.id}", "several_shared_keys"),
        (f"key={WEAK.id},key={WEAK.id}", [2]),
        ("key=other,algorithm=HMAC_SHA1", "unknown_shared_key"),
    ],
)
def test_the_header_chooses(header: str | None, expected: list[int] | str) -> None:
    """Without a key in the header the auth tokens, else the one of that id, and only with its own algorithm."""
    found = chosen(KEYS, header)

    assert expected == (found if isinstance(found, str) else [index for index, _ in found])


@pytest.mark.parametrize(
    ("keys", "header", "expected"),
    [
        ((), None, "no_keys"),
        ((AuthToken(""), SharedKey("k", "HMAC_SHA1", "")), None, "no_keys"),
        ((STRONG,), None, "no_auth_token"),
        ((STRONG,), "algorithm=HMAC_SHA1", "no_auth_token"),
        ((AuthToken(""), STRONG), None, "no_auth_token"),
        ((TOKEN,), f"key={STRONG.id}", "unknown_shared_key"),
        ((SharedKey("k", "HMAC_SHA1", ""),), "key=k", "unknown_shared_key"),
    ],
)
def test_no_key_is_left(keys: tuple[AuthToken | SharedKey, ...], header: str | None, expected: str) -> None:
    """A request that no key can prove is refused for that reason, and a key without a secret counts as none."""
    verdict = verify(headed(header, sign("", HOOK)), keys)

    assert isinstance(verdict, Refused)
    assert expected == verdict.reason


@pytest.mark.parametrize("key", KEYS, ids=["token", "strong", "weak"])
@pytest.mark.parametrize("header", [settings_header(key) for key in KEYS], ids=["none", "strong", "weak"])
def test_each_key_proves_only_what_asks_for_it(key: AuthToken | SharedKey, header: str | None) -> None:
    """A signature is accepted under the header of the key that made it and under no other; the hint says which."""
    verdict = verify(headed(header, sign(key, HOOK)), KEYS)

    if settings_header(key) == header:
        assert Proven(KEYS.index(key), None, HOOK) == verdict
    else:
        assert isinstance(verdict, Refused)
        assert (settings_header(key) or "an auth token") in (verdict.hint or "")


def test_a_key_shows_no_secret() -> None:
    """A key that is printed names its id and its algorithm only."""
    assert "SharedKey(id='k', algorithm='HMAC_SHA1', account=None)" == repr(SharedKey("k", "HMAC_SHA1", "hidden"))


@examples
@given(st.sampled_from(["HMAC_SHA1", "HMAC_SHA256"]), st.text(st.characters(codec="utf-8"), min_size=1), pairs)
def test_forms_are_signed_as_by_the_library(algorithm: Algorithm, secret: str, sent: list[tuple[str, str]]) -> None:
    """For any secret, algorithm and form both make the same signature, and accept each other's."""
    key, parameters = SharedKey("k", algorithm, secret), ImmutableMultiDict(sent)
    theirs = library(secret).compute_signature(HOOK, parameters, algorithm)
    verdict = verify(headed(settings_header(key), theirs, urlencode(sent).encode()), (key,))

    assert theirs == sign(key, HOOK, sent)
    assert library(secret).validate(HOOK, parameters, sign(key, HOOK, sent), algorithm)
    assert Proven(0, None, HOOK, tuple(sent)) == verdict


@examples
@given(st.sampled_from(["HMAC_SHA1", "HMAC_SHA256"]), text, text)
def test_json_is_signed_as_by_the_library(algorithm: Algorithm, sent: str, other: str) -> None:
    """For any body that is no form, sent as it was signed or not, both give the same answer."""
    key = SharedKey("k", algorithm, "secret")
    url, signature = sign_json_url(key, HOOK, sent.encode())
    got = SignedRequest((url,), "", "", "application/json", other.encode(), signature, "POST", settings_header(key))

    assert library("secret").validate(url, other, signature, algorithm) == isinstance(verify(got, (key,)), Proven)


NAMES = st.sampled_from(["key", "algorithm", " key ", "Key", "ALGORITHM", "", "x"])
VALUES = st.sampled_from([STRONG.id, WEAK.id, "HMAC_SHA1", "HMAC_SHA256", " hmac_sha256 ", "none", "", "=", "x"])
headers = st.lists(st.builds("{}={}".format, NAMES, VALUES) | st.text(max_size=5), max_size=4).map(",".join) | st.text()


@examples
@given(headers, st.sampled_from(KEYS))
def test_no_header_proves_more_than_the_library_would(header: str, key: AuthToken | SharedKey) -> None:
    """Whatever the header says: what we accept, the library accepts with the key's secret, and with its algorithm."""
    verdict = verify(headed(header, sign(key, HOOK)), KEYS)

    if isinstance(verdict, Proven):
        assert KEYS.index(key) == verdict.key_index
        assert library(key.secret).validate(HOOK, {}, sign(key, HOOK), key.algorithm)
        # It takes the first algorithm that the header names; the one behind it is for a header that names none.
        assert key.algorithm == ALGORITHM_OF(f"{header},algorithm={key.algorithm}").upper()
