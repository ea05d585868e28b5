"""How the sample subscriber proves what it gets."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from service.simulator.verification import Verdict, verify


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a subscriber gets, and what it proves it with; as signed, unless a field says otherwise."""

    signature: str | None = None
    id: str = "evt_1"
    timestamp: str = "1800000000"
    body: bytes = b'{"type":"a"}'
    secret: bytes = b"s" * 32
    now: float = 1_800_000_000.0

    def verdict(self) -> Verdict:
        """Return what `verify` says of it."""
        signed = Webhook(b"s" * 32).sign("evt_1", datetime.fromtimestamp(1_800_000_000, UTC), '{"type":"a"}')
        signature = f"v1,old {signed}" if self.signature is None else self.signature
        headers = {"webhook-id": self.id, "webhook-timestamp": self.timestamp, "webhook-signature": signature}
        return verify(self.secret, headers, self.body, self.now)


@pytest.mark.parametrize(
    ("delivered", "expected"),
    [
        pytest.param(Delivered(), "verified", id="as it was sent"),
        pytest.param(Delivered(body=b'{"type":"b"}'), "wrong signature", id="another body"),
        pytest.param(Delivered(secret=b"x" * 32), "wrong signature", id="another secret"),
        pytest.param(Delivered(now=1_800_000_301.0), "too old", id="a captured delivery"),
        pytest.param(Delivered("v1a,abc v2,def"), "wrong signature", id="no signature of our version"),
        pytest.param(Delivered("v1,é"), "wrong signature", id="a signature that is no ASCII"),
        pytest.param(Delivered(id=""), "headers missing", id="no id"),
        pytest.param(Delivered(timestamp="soon"), "headers missing", id="no timestamp"),
    ],
)
def test_the_subscriber_proves_what_it_gets(delivered: Delivered, expected: Verdict) -> None:
    """A delivery that the standardwebhooks package has signed is verified; whatever differs is refused."""
    actual = delivered.verdict()

    assert expected == actual
