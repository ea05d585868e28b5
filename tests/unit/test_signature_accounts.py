"""The accounts that a request names, and that a key proves nothing about another one than its own."""

import json

import pytest

from service.twilio.accounts import is_foreign, named, named_in_json
from service.twilio.signature import AuthToken, Proven, Refused, SignedRequest, sign, verify

OWN, OTHER = "AC53e4e706acb51cfb57177c0f426582ae", "ACc9e5c05896f901af19256f4babaf3a12"
HOOK = "https://hooks.example.com/twilio/message"
FORM = "application/x-www-form-urlencoded"
EVENT = {"specversion": "1.0", "source": OWN, "data": {"AccountSid": OTHER}}


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], []),
        ([("AccountSid", "")], []),
        ([("AccountSid", OWN), ("Body", OTHER), ("ParentAccountSid", OTHER)], [OWN]),
        ([("AccountSid", OWN), ("AccountSid", OTHER)], [OWN, OTHER]),
        ([("accountId", OWN)], [OWN]),
    ],
)
def test_accounts_of_pairs(pairs: list[tuple[str, str]], expected: list[str]) -> None:
    """Each account that stands there under one of its names, and no empty one."""
    assert frozenset(expected) == named(pairs)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"data": {"accountId": OWN}}, [OWN]),
        ({"accountId": OWN, "data": {"accountId": OTHER}}, [OWN, OTHER]),
        ({"accountId": 7, "data": [OWN]}, []),
        ([EVENT, 7, None], [OWN, OTHER]),
        ({"source": "CHb9322a8adb097cd0a0ec832ff0fcebc7"}, []),
        ("text", []),
    ],
)
def test_accounts_of_json(body: object, expected: list[str]) -> None:
    """Those of the whole, of its data, and of each CloudEvent."""
    assert frozenset(expected) == named_in_json(json.dumps(body).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_names_none(body: bytes) -> None:
    """A body that cannot be read breaks nothing."""
    assert frozenset() == named_in_json(body)


@pytest.mark.parametrize(
    ("account", "accounts", "expected"),
    [
        (OWN, [], False),
        (OWN, [OWN], False),
        (OWN, [OWN, OTHER], True),
        (OWN, [OWN.lower()], True),
        (None, [OTHER], False),
    ],
)
def test_foreign(account: str | None, accounts: list[str], expected: bool) -> None:  # noqa: FBT001 - by parametrisation
    """One other account is enough, and a key of unknown account has none that is foreign."""
    assert expected == is_foreign(account, accounts)


def test_the_refusal_says_whose_key_it_was() -> None:
    """A signature by the key of another account is told apart from a wrong one."""
    signature = sign("token", HOOK, [("AccountSid", OTHER)])
    request = SignedRequest((HOOK,), "", "", FORM, f"AccountSid={OTHER}".encode(), signature)
    verdict = verify(request, (AuthToken("token", OWN), AuthToken("another", OTHER)))

    assert isinstance(verdict, Refused)
    assert ("other_account", f"signed with a key of {OWN}") == (verdict.reason, verdict.hint)


@pytest.mark.parametrize(
    ("method", "content_type", "query", "body", "expected"),
    [
        ("POST", FORM, "a=1", b"b=2&a=+&b=2", (("b", "2"), ("a", " "), ("b", "2"))),
        ("GET", "", "b=%2B&a=", b"", (("b", "+"), ("a", ""))),
        ("HEAD", FORM, "a=1", b"", (("a", "1"),)),
        ("POST", FORM, "a=1", b"", ()),
    ],
)
def test_a_proof_hands_on_the_parameters(
    method: str, content_type: str, query: str, body: bytes, expected: tuple[tuple[str, str], ...]
) -> None:
    """The pairs of a form, or of the query where there is no body, in their order and with repeats."""
    signed = sign("token", f"{HOOK}?{query}", expected if body else ())
    request = SignedRequest(
        ("https://hooks.example.com",), "/twilio/message", query, content_type, body, signed, method
    )
    verdict = verify(request, (AuthToken("token"),))

    assert isinstance(verdict, Proven)
    assert expected == verdict.pairs == request.pairs()
