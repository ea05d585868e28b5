"""How answers of Twilio's REST API become errors."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.twilio.errors import (
    LONGEST_HINT,
    ConflictError,
    MissingError,
    MovedError,
    RejectedError,
    TermsNotAcceptedError,
    ThrottledError,
    TwilioError,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
    error_of,
    retry_after,
)

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, UnreachableError),
        (301, MovedError),
        (308, MovedError),
        (400, RejectedError),
        (401, UnauthorizedError),
        (403, UnauthorizedError),
        (404, MissingError),
        (408, UnavailableError),
        (409, ConflictError),
        (412, RejectedError),
        (410, MissingError),
        (415, RejectedError),
        (425, UnavailableError),
        (429, ThrottledError),
        (500, UnavailableError),
        (503, UnavailableError),
        (599, UnavailableError),
    ],
)
def test_the_status_says_whose_fault_it_is(status: int, kind: type[TwilioError]) -> None:
    """Each family of statuses is one kind of error."""
    assert kind is type(error_of(status, {}, None, NOW))


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"code": 20429, "message": "Too many requests", "more_info": "…", "status": 429}, 20429, "Too many requests"),
        ({"code": 20429, "httpStatusCode": 429, "message": "Slow down", "userError": True}, 20429, "Slow down"),
        ({"type": "about:blank", "title": "Too Many", "status": 429, "detail": "Wait a bit"}, None, "Wait a bit"),
        ({"type": "about:blank", "title": "Too Many", "status": 429}, None, "Too Many"),
        ({"code": "20429", "message": None}, None, "Too Many Requests"),
        (None, None, "Too Many Requests"),
    ],
)
def test_all_shapes_of_bodies_give_code_and_message(
    body: dict[str, Any] | None, code: int | None, message: str
) -> None:
    """Twilio's three shapes are read alike; without one the status speaks."""
    error = error_of(429, {"twilio-request-id": "RQ1", "retry-after": "7"}, body, NOW)

    assert (429, code, message, "RQ1", 7.0) == (
        error.status, error.code, error.message, error.request_id, error.retry_after,
    )  # fmt: skip


def test_a_message_loses_phone_numbers_and_length() -> None:
    """What ends in logs and in the ledger identifies nobody."""
    error = error_of(400, {}, {"message": "Invalid address +1 (202) 555-0123 " + "x" * 500}, NOW)

    assert error.message.startswith("Invalid address … x")
    assert 200 == len(error.message)


def test_a_conflict_names_what_stands_in_the_way() -> None:
    """It is a refusal like others, with the other's id where Twilio gives it."""
    named = error_of(409, {"x-conflicting-resource-id": "conv_conversation_1"}, {"code": 20409}, NOW)
    unnamed = error_of(409, {}, None, NOW)

    assert isinstance(named, ConflictError)
    assert isinstance(unnamed, ConflictError)
    assert isinstance(named, RejectedError)
    assert ("conv_conversation_1", None) == (named.resource_id, unnamed.resource_id)


def test_a_redirect_says_where_to() -> None:
    """Both ways of saying it are kept, for whoever may follow."""
    moved = error_of(308, {"location": "/v1/x", "canonical-profile-id": "mem_profile_2"}, None, NOW)

    assert isinstance(moved, MovedError)
    assert ("/v1/x", "mem_profile_2") == (moved.location, moved.canonical_id)


@pytest.mark.parametrize(
    ("status", "code", "message", "kind", "hinted"),
    [
        (401, 20003, "Authenticate", UnauthorizedError, "TWILIO_API_KEY_SECRET"),
        (401, 20003, "AI Terms of Service were not accepted", TermsNotAcceptedError, "accept the AI terms"),
        (403, 20003, "accept the terms first", TermsNotAcceptedError, "accept the AI terms"),
        (403, 70051, "Authorization is required for these terms", UnauthorizedError, None),
        (401, None, "Who are you?", UnauthorizedError, None),
    ],
)
def test_refused_credentials_come_with_what_to_look_at(
    status: int, code: int | None, message: str, kind: type[UnauthorizedError], hinted: str | None
) -> None:
    """20003 has two causes, which only the message may tell apart; the line names what can be done."""
    error = error_of(status, {}, {"code": code, "message": message}, NOW)

    assert kind is type(error)
    assert isinstance(error, UnauthorizedError)
    assert (hinted is not None) == (error.hint is not None)
    assert (hinted or message) in str(error)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 5 ", 5.0),
        ("Sun, 22 Nov 2026 12:01:30 GMT", 90.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("99999999999", LONGEST_HINT),
        ("Sun, 22 Nov 2099 12:00:00 GMT", LONGEST_HINT),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    """RFC 9110 allows both; nonsense is ignored and the hint is capped."""
    assert seconds == retry_after(value, NOW)


@given(st.text())
def test_any_retry_after_is_survived(value: str) -> None:
    """Whatever the header holds, the hint lies within its cap or is none."""
    found = retry_after(value, NOW)

    assert found is None or 0 <= found <= LONGEST_HINT
