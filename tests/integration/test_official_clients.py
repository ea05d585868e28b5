"""Twilio's own packages for Python and Node: what they sign ours accepts, and what ours signs they accept."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from service.twilio.signature import AuthToken, SharedKey, SigningKey, sign
from service.twilio.signing_keys import SETTINGS_HEADER, settings_header, shared_key
from tests.hermetic_settings import hermetic_settings
from tests.node_client import ask_node
from tests.real_receiver import RealReceiver, running_receiver
from tests.real_redis import RealRedis
from tests.signature_vectors import header, vectors
from tests.twilio_callbacks import OTHER_TOKEN, TOKEN, Signed
from tests.twilio_signer import SUBACCOUNT, TOKENS, recorded

SHARED = SharedKey(
    "webhooks_sharedkey_01k9m2v7q4tbx8r6n3w5cz0hde", "HMAC_SHA256", "whk-7Jq2mZ0vTnB4sXcR9eLdYf6uKpWg1HoA"
)
FIXTURES = list(recorded().values())

Request = dict[str, Any]


@pytest.fixture(scope="module")
def house(redis_server: RealRedis) -> Iterator[RealReceiver]:
    """A receiver that knows an account, two of its tokens, a subaccount and a SharedKey."""
    shared = f"{SHARED.id}:{SHARED.algorithm}:{SHARED.secret}"
    given = {"twilio_auth_tokens": f"old,{TOKENS}", "twilio_shared_keys": shared}
    with running_receiver(hermetic_settings(redis_server.url, **given)) as running:
        yield running


def token_of(request: Request) -> str:
    """Return the auth token of the account that a fixture names."""
    return OTHER_TOKEN if SUBACCOUNT in request["url"] + request["body"] else TOKEN


def is_form(request: Request) -> bool:
    """Return whether a fixture's or a vector's body is a form."""
    return "x-www-form-urlencoded" in request["headers"].get("Content-Type", "").lower()


def pairs_of(request: Request) -> list[tuple[str, str]]:
    """Return the parameters of a form, else none."""
    return parse_qsl(request["body"], keep_blank_values=True) if is_form(request) else []


def by_python(requests: Sequence[Request]) -> list[str]:
    """Return the signatures of the Python package."""
    validators: list[Any] = [RequestValidator(token_of(each)) for each in requests]  # type: ignore[no-untyped-call]
    parameters = [ImmutableMultiDict(pairs_of(each)) for each in requests]
    return [v.compute_signature(each["url"], p) for v, each, p in zip(validators, requests, parameters, strict=True)]


def by_node(requests: Sequence[Request]) -> list[str]:
    """Return the signatures of the Node package."""
    return ask_node(
        [{"do": "sign", "token": token_of(r), "url": r["url"], "parameters": multi(pairs_of(r))} for r in requests]
    )


def multi(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return parameters as Node's frameworks hand them over: each name with the list of its values."""
    return {name: [value for other, value in pairs if other == name] for name, _ in pairs}


def sent(house: RealReceiver, request: Request, signature: str, **more: str) -> int:
    """Send a fixture with this signature and return the status."""
    url = urlsplit(request["url"])
    target = f"{url.path}?{url.query}" if url.query else url.path
    named = {**request["headers"], "x-twilio-signature": signature, **more}
    return house.send(Signed(target, request["body"].encode(), named, request["method"])).status_code


@pytest.mark.parametrize("signer", [by_python, by_node])
def test_what_they_sign_ours_accepts(house: RealReceiver, signer: Callable[[Sequence[Request]], list[str]]) -> None:
    """Each fixture that an official package signed is answered as suits Twilio."""
    answers = {r["name"]: sent(house, r, s) for r, s in zip(FIXTURES, signer(FIXTURES), strict=True)}
    unfit = {r["name"]: answers[r["name"]] for r in FIXTURES if answers[r["name"]] not in r["expect"]["status"]}

    assert {} == unfit


def test_what_python_signs_with_a_shared_key_ours_accepts(house: RealReceiver) -> None:
    """The same with a SharedKey, which the Node package does not know yet."""
    validator: Any = RequestValidator(SHARED.secret)  # type: ignore[no-untyped-call]
    own = [request for request in FIXTURES if token_of(request) == TOKEN]
    named = {SETTINGS_HEADER: settings_header(SHARED) or ""}
    unfit = {}
    for request in own:
        parameters = ImmutableMultiDict(pairs_of(request))
        signature = validator.compute_signature(request["url"], parameters, SHARED.algorithm)
        if (status := sent(house, request, signature, **named)) not in request["expect"]["status"]:
            unfit[request["name"]] = status

    assert {} == unfit


# What the packages refuse although Twilio signed it so, each with the reason; nothing else is left out.
USER_INFO = "it leaves user name and password in the signed text, where Twilio has none"
FRAGMENT = "it leaves the fragment in the signed text, although a fragment never travels"
WSS = "it tries port 80 for wss"
BARE = "it rewrites the URL without a bare ?, and so never tries the one that was signed"
REFUSED_BY_PYTHON = {
    "fragment-in-configured-url": FRAGMENT,
    "fragment-behind-query": FRAGMENT,
    "ipv6-port-dropped": "it takes the first colon of an IPv6 literal for the port's",
    "user-info": USER_INFO,
    "user-info-port-dropped": USER_INFO,
    "user-info-port-kept": USER_INFO,
    "wss-port-443": WSS,
    "bare-question-mark-signed": BARE,
}
KEPT = "it tries the URL with a bare ? only"
REFUSED_BY_NODE = {
    "fragment-in-configured-url": FRAGMENT,
    "fragment-behind-query": FRAGMENT,
    "bare-fragment": FRAGMENT,
    "user-info": USER_INFO,
    "user-info-port-dropped": USER_INFO,
    "user-info-port-kept": USER_INFO,
    "wss-port-443": WSS,
    "trailing-question-mark": KEPT,
    "bare-question-mark": KEPT,
    "bare-question-mark-and-port": KEPT,
    "form-code-points": "it sorts by UTF-16, where an emoji comes before a full-width letter",
}
"""It knows no SharedKeys either: their vectors are not asked of it."""


def signed_by_us(algorithms: Sequence[str]) -> list[Request]:
    """Return the vectors that have to be accepted, each with our signature and the secret that we signed with."""
    accepted = (each for each in vectors() if each["service_must"] == "accept")
    found = [{**each, **signed_anew(each)} for each in accepted]
    return [each for each in found if each["algorithm"] in algorithms]


def signed_anew(vector: Request) -> dict[str, str]:
    """Return our signature of what Twilio signed, with the key among the vector's that its signature is of."""
    tokens: list[SigningKey] = [AuthToken(text.rpartition(":")[2]) for text in vector["auth_tokens"]]
    keys = [*tokens, *map(shared_key, vector["shared_keys"])]
    made = [(sign(key, vector["signed_url"], pairs_of(vector)), key) for key in keys]
    signature, key = next(each for each in made if each[0] == header(vector, "X-Twilio-Signature"))
    return {"signature": signature, "token": key.secret, "algorithm": key.algorithm}


def has_hash(vector: Request) -> bool:
    """Return whether the body is bound by its hash."""
    return not is_form(vector) and (bool(vector["body"]) or vector["method"] not in {"GET", "HEAD"})


def test_what_ours_signs_python_accepts() -> None:
    """The Python package accepts our signature of each vector, but for the defects in the table."""
    refused = set()
    for each in signed_by_us(("HMAC_SHA1", "HMAC_SHA256")):
        content = each["body"] if has_hash(each) else ImmutableMultiDict(pairs_of(each))
        validator: Any = RequestValidator(each["token"])  # type: ignore[no-untyped-call]
        if not validator.validate(each["url"], content, each["signature"], each["algorithm"]):
            refused.add(each["name"])

    assert REFUSED_BY_PYTHON.keys() == refused


def test_what_ours_signs_node_accepts() -> None:
    """The Node package accepts our signature of each vector of an auth token, but for the defects in the table."""
    vectors_ = signed_by_us(("HMAC_SHA1",))
    answers = ask_node([asked_of_node(each) for each in vectors_])

    assert REFUSED_BY_NODE.keys() == {
        each["name"] for each, answer in zip(vectors_, answers, strict=True) if answer is not True
    }


def asked_of_node(vector: Request) -> dict[str, Any]:
    """Return the question to the Node package."""
    asked = {name: vector[name] for name in ("token", "signature", "url")}
    if has_hash(vector):
        return {"do": "validateWithBody", "body": vector["body"], **asked}
    return {"do": "validate", "parameters": multi(pairs_of(vector)), **asked}


def test_what_ours_forges_node_refuses() -> None:
    """The Node package says no to the same requests with a signature by another key: its yes means something."""
    vectors_ = signed_by_us(("HMAC_SHA1",))
    answers = ask_node([{**asked_of_node(each), "token": "another"} for each in vectors_])

    assert [False] * len(vectors_) == answers
