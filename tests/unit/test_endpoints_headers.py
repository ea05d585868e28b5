"""Headers that an endpoint may have on its deliveries."""

from string import ascii_letters, digits

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.attempt.signing import HmacKey
from service.attempt.signing import headers as of_delivery
from service.endpoints.headers import LONGEST_NAME, LONGEST_VALUE, MOST, refusal


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"Authorization": "Bearer abc.def"}, {"X-Api-Key": "a b\tc"}, {"x": ""}, {"!#$%&'*+-.^_`|~09azAZ": "~"},
        {"x" * LONGEST_NAME: "y"}, {"x": "y" * LONGEST_VALUE}, {f"x-{i}": "" for i in range(MOST)},
        {"Webhooks": "x", "Proxy": "x", "X-Webhook-Id": "x", "Content-Language": "de"},
    ],
)  # fmt: skip
def test_permitted(headers: dict[str, str]) -> None:
    """Tokens of RFC 9110 with printable values, up to the limits."""
    assert [] == refusal(headers)


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "a b", "a:", "a\r\nb", "a\x00", "ü", "x" * (LONGEST_NAME + 1), "(a)", "a/b", "webhook-id",
        "Webhook-Signature", "WEBHOOK-ANYTHING", "content-type", "Content-Length", "content-encoding", "Host",
        "User-Agent", "Connection", "Keep-Alive", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Expect",
        "Proxy-Authorization", "proxy-connection", "traceparent", "tracestate", "Accept-Encoding", "HTTP2-Settings",
    ],
)  # fmt: skip
def test_refused_names(name: str) -> None:
    """What is no token, the protocol's own, and what belongs to the connection or to the body."""
    assert 1 == len(refusal({name: "x"}))


@pytest.mark.parametrize(
    "value", [" x", "x ", "\tx", "x\n", "x\r\ny: z", "x\x00", "x\x7f", "ü", "x" * (LONGEST_VALUE + 1), " "]
)
def test_refused_values(value: str) -> None:
    """What would not arrive as it was given, or as something else; the sentence names the header and not the value."""
    found = refusal({"x-key": value})

    assert 1 == len(found)
    assert "'x-key'" in found[0]
    assert value not in found[0].removesuffix("no blank at its ends") or not value.strip()


@pytest.mark.parametrize(
    ("headers", "number"),
    [
        ({f"x-{i}": "" for i in range(MOST + 1)}, 1),
        ({"X-Key": "a", "x-key": "b"}, 1),
        ({"a": "x" * LONGEST_VALUE, "b": "x" * LONGEST_VALUE}, 1),
        ({"host": "x", "b": "\n", "c": "y"}, 2),
    ],
)
def test_refused_together(headers: dict[str, str], number: int) -> None:
    """Too many, the same twice, too long altogether; all mistakes are named at once."""
    assert number == len(refusal(headers))


NAMES = st.text(ascii_letters + digits + "-_.", max_size=12) | st.sampled_from(
    ["webhook-id", "Host", "Content-Type", "TE", "Transfer-Encoding", "a\r\nb"]
)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(NAMES, st.text(max_size=10) | st.text("a b\t\r\n", max_size=5), max_size=4))
def test_what_is_permitted_changes_no_other_header(headers: dict[str, str]) -> None:
    """Each permitted one goes along beside those of the delivery, as it is."""
    plain = of_delivery([HmacKey(b"x")], "evt", b"{}", timestamp=1, attempt=1, previous=None)
    fields = of_delivery([HmacKey(b"x")], "evt", b"{}", timestamp=1, attempt=1, previous=None, custom=headers)
    own = {name.lower(): value for name, value in headers.items()}

    assert refusal(headers) or plain | own == fields
    assert refusal(headers) or all((name + value).isprintable() or "\t" in value for name, value in own.items())
