"""Delivery headers, verified with the library that subscribers use."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from service.attempt.signing import headers
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
    fields = headers([key], "evt_one", body, timestamp=NOW, attempt=1, previous=None)

    assert content == Webhook(encode(key)).verify(body, fields)


def test_each_secret_signs() -> None:
    """While secrets are being changed, the old and the new one both verify."""
    keys = [KEY, bytes(32)]
    fields = headers(keys, "evt_one", b"{}", timestamp=NOW, attempt=1, previous=None)

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
    fields = headers([KEY], "evt_one", b"{}", timestamp=NOW, attempt=1, previous=None)

    with pytest.raises(WebhookVerificationError):
        Webhook(encode(KEY)).verify(body, {**fields, **changed})


def test_the_signature_of_the_specification() -> None:
    """The example in the text of Standard Webhooks comes out."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    fields = headers([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", body, timestamp=1614265330, attempt=1, previous=None)

    assert "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" == fields["webhook-signature"]


@pytest.mark.parametrize("previous", [None, "0", "6"])
def test_all_headers(previous: str | None) -> None:
    """They are those of the wire format; without conversation no previous sequence is named."""
    fields = headers([KEY], "evt_one", b"{}", timestamp=NOW, attempt=3, previous=previous)
    names = {"content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature", "webhook-attempt"}

    assert names | ({"webhook-previous-sequence"} if previous else set()) == set(fields)
    assert ("application/json", "evt_one", str(NOW), "3", previous) == (
        fields["content-type"], fields["webhook-id"], fields["webhook-timestamp"], fields["webhook-attempt"],
        fields.get("webhook-previous-sequence"),
    )  # fmt: skip
    assert fields["user-agent"].startswith("conversation-events/")
