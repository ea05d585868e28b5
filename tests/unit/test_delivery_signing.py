"""Delivery headers, verified with the library that subscribers use."""

import base64
import hmac
import json
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from service.attempt.signing import Ed25519Key, HmacKey, headers, public_key, signature, signer
from service.endpoints.secret import encode

examples = settings(deadline=None, max_examples=30)
KEYS = st.binary(min_size=24, max_size=64)
NOW = int(datetime.now(UTC).timestamp())
KEY = bytes(range(32))


@examples
@given(KEYS, st.dictionaries(st.text(), st.text() | st.integers(-9, 9), max_size=4))
def test_subscribers_can_verify(key: bytes, content: dict[str, object]) -> None:
    """The standardwebhooks library accepts what we sign, and reads the same content."""
    body = json.dumps(content).encode()
    fields = headers([HmacKey(key)], "evt_one", body, timestamp=NOW, attempt=1, previous=None)

    assert content == Webhook(encode(key)).verify(body, fields)


def test_each_secret_signs() -> None:
    """While secrets are being changed, the old and the new one both verify."""
    keys = [KEY, bytes(32)]
    fields = headers([HmacKey(key) for key in keys], "evt_one", b"{}", timestamp=NOW, attempt=1, previous=None)

    assert [{}, {}] == [Webhook(encode(key)).verify(b"{}", fields) for key in keys]


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        (b"{ }", {}),
        (b"{}", {"webhook-id": "evt_two"}),
        (b"{}", {"webhook-timestamp": str(NOW - 1)}),
        (b"{}", {"webhook-signature": "v1,AAAA"}),
    ],
)
def test_what_was_changed_is_refused(body: bytes, changed: dict[str, str]) -> None:
    """Body, id and time are all signed."""
    fields = headers([HmacKey(KEY)], "evt_one", b"{}", timestamp=NOW, attempt=1, previous=None)

    with pytest.raises(WebhookVerificationError):
        Webhook(encode(KEY)).verify(body, {**fields, **changed})


def test_the_signature_of_the_specification() -> None:
    """The example in the text of Standard Webhooks comes out."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    fields = headers(
        [HmacKey(key)], "msg_p5jXN8AQM9LWM0D4loKWxJek", body, timestamp=1614265330, attempt=1, previous=None
    )

    assert "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" == fields["webhook-signature"]


@examples
@given(st.binary(min_size=1, max_size=200), st.lists(st.binary(max_size=300), min_size=2, max_size=3))
def test_a_signer_signs_any_number_of_times(key: bytes, bodies: list[bytes]) -> None:
    """What it signed before leaves no trace; each signature is that of the standard library."""
    signs = HmacKey(key)
    expected = [base64.b64encode(hmac.digest(key, b"id.1." + body, "sha256")).decode() for body in bodies]

    assert [f"v1,{mac}" for mac in expected] == [signature([signs], "id", 1, body) for body in bodies]


def verified(public: str, offered: str, content: bytes) -> bool:
    """Return whether a `v1a` signature holds, as a subscriber finds out who has the public key."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    try:
        key.verify(base64.b64decode(offered.removeprefix("v1a,")), content)
    except InvalidSignature:
        return False
    return True


@examples
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300))
def test_public_keys_verify(key: bytes, body: bytes) -> None:
    """Of scheme v1a the same content is signed; it holds for the key's public half, and for no other body or key."""
    offered = signature([Ed25519Key(key)], "evt_one", NOW, body)
    content = f"evt_one.{NOW}.".encode() + body

    assert offered.startswith("v1a,")
    assert verified(public_key(key), offered, content)
    assert not verified(public_key(key), offered, content + b" ")
    assert not verified(public_key(bytes(b ^ 1 for b in key)), offered, content)


def test_the_ed25519_of_its_specification() -> None:
    """The first key of RFC 8032 (7.1) has the public half that stands there."""
    private = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")

    assert f"whpk_{base64.b64encode(public).decode()}" == public_key(private)


def test_schemes_beside_each_other() -> None:
    """While an endpoint changes its scheme, each of its secrets signs in its own, in their order."""
    fields = headers([signer("v1a", KEY), signer("v1", KEY)], "evt_one", b"{}", timestamp=NOW, attempt=1, previous=None)
    asymmetric, symmetric = fields["webhook-signature"].split(" ")

    assert ["v1a", "v1"] == [asymmetric.partition(",")[0], symmetric.partition(",")[0]]
    assert {} == Webhook(encode(KEY)).verify(b"{}", fields)
    assert verified(public_key(KEY), asymmetric, f"evt_one.{NOW}.{{}}".encode())


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_private_key_has_one_length(length: int) -> None:
    """Anything else is a fault, told at once and not with the first delivery."""
    with pytest.raises(ValueError, match="32"):
        signer("v1a", bytes(length))


def test_headers_of_the_endpoint() -> None:
    """They go along; none takes the place of the protocol's, whatever its spelling."""
    custom = {"X-Team": "crm", "Authorization": "Bearer x", "Webhook-Id": "evt_two", "CONTENT-TYPE": "text/plain"}
    plain = headers([HmacKey(KEY)], "evt_one", b"{}", timestamp=NOW, attempt=1, previous="0")
    fields = headers([HmacKey(KEY)], "evt_one", b"{}", timestamp=NOW, attempt=1, previous="0", custom=custom)

    assert {"x-team": "crm", "authorization": "Bearer x", **plain} == fields


@pytest.mark.parametrize("previous", [None, "0", "6"])
def test_all_headers(previous: str | None) -> None:
    """They are those of the wire format; without conversation no previous sequence is named."""
    fields = headers([HmacKey(KEY)], "evt_one", b"{}", timestamp=NOW, attempt=3, previous=previous)
    names = {"content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature", "webhook-attempt"}

    assert names | ({"webhook-previous-sequence"} if previous else set()) == set(fields)
    assert ("application/json", "evt_one", str(NOW), "3", previous) == (
        fields["content-type"], fields["webhook-id"], fields["webhook-timestamp"], fields["webhook-attempt"],
        fields.get("webhook-previous-sequence"),
    )  # fmt: skip
    assert fields["user-agent"].startswith("conversation-events/")
