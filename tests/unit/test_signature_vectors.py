"""Twilio signatures, vector by vector: those made with the official library, and further ones of the same kinds."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from service.twilio.examination import examine
from service.twilio.signature import AuthToken, Proven, SignedRequest, SigningKey, sign, verify
from service.twilio.signing_keys import shared_key
from tests.signature_vectors import SETTINGS, cases, header


def keys_of(vector: dict[str, Any]) -> tuple[SigningKey, ...]:
    """Return the keys that the service holds."""
    pairs = (text.rpartition(":") for text in vector["auth_tokens"])
    tokens = [AuthToken(secret, account or None) for account, _, secret in pairs]
    return (*tokens, *map(shared_key, vector["shared_keys"]))


def request_of(vector: dict[str, Any], base: str, path: str = "", query: str = "") -> SignedRequest:
    """Return a vector's request, addressed to a whole URL or to a base URL, path and query."""
    signature, named = header(vector, "X-Twilio-Signature"), header(vector, SETTINGS)
    content_type, body = header(vector, "Content-Type") or "", vector["body"].encode()
    return SignedRequest((base,), path, query, content_type, body, signature, vector["method"], named)


@pytest.mark.parametrize("vector", cases())
def test_vector(vector: dict[str, Any]) -> None:
    """Each vector is answered as it says."""
    verdict = verify(request_of(vector, vector["url"]), keys_of(vector))

    assert (vector["service_must"] == "accept") == isinstance(verdict, Proven)


@pytest.mark.parametrize("vector", [case for case in cases() if "#" not in case.values[0]["url"]])
def test_vector_as_an_application_sees_it(vector: dict[str, Any]) -> None:
    """Each vector is answered as it says where the application knows its base URL, and path and query as they came."""
    url = urlsplit(vector["url"])
    query = vector["url"].partition("?")[2]
    # A client sends at least a slash, and Twilio signs what is configured: the two differ for a bare host alone.
    split = (f"{url.scheme}://{url.netloc}", url.path, query) if url.path else (vector["url"],)
    verdict = verify(request_of(vector, *split), keys_of(vector))

    assert (vector["service_must"] == "accept") == isinstance(verdict, Proven)


@pytest.mark.parametrize("vector", cases())
def test_vector_is_examined_alike(vector: dict[str, Any]) -> None:
    """The examination says of each vector what the receiver says, and of one that fits no key that nothing matched."""
    found = examine(request_of(vector, vector["url"]), keys_of(vector))
    reason = None if vector["service_must"] == "accept" else found.reason
    usable = [trial for trial in found.trials if trial.matches and trial.usable]

    assert (vector["service_must"] == "accept", reason) == (found.matches, found.reason)
    assert (reason == "wrong_signature") <= (not usable)


@pytest.mark.parametrize(
    "vector", [case for case in cases() if case.values[0]["service_must"] == "accept" and "params" in case.values[0]]
)
def test_vector_is_signed_alike(vector: dict[str, Any]) -> None:
    """Signing a vector's URL and parameters gives the signature that the official library gave."""
    pairs = () if vector["kind"] == "json" else tuple(map(tuple, vector["params"]))

    assert vector["expected_signature"] in [sign(key, vector["signed_url"], pairs) for key in keys_of(vector)]
