"""PURE. How Twilio's REST API says no: one small tree of errors, by whose fault it is."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import responses
from typing import Any

LONGEST_HINT = 24 * 3600.0
"""Seconds; a `Retry-After` beyond it is taken for this."""
LONGEST_MESSAGE = 200
"""Characters of Twilio's message that are kept."""

AUTHENTICATE = 20003
"""Twilio's code for credentials that are refused, and for AI terms that nobody has accepted."""
CREDENTIALS_HINT = (
    "check TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET, and whether the account has accepted "
    "the AI terms of service in the Twilio Console"
)
TERMS_HINT = "accept the AI terms of service in the Twilio Console"

_PHONE = re.compile(r"\+?\d[\d\s().-]{5,}\d")


class TwilioError(Exception):
    """A call failed.

    `status` is None where no readable answer came. `code`, `message` and `request_id` are Twilio's; the message is
    shortened, and what looks like a phone number is blotted out. `retry_after` is in seconds. `sent` is False where
    it is certain that Twilio got nothing; else the call may have had its effect unless the status says otherwise.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        sent: bool = True,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.sent = sent

    def __str__(self) -> str:
        """Return status, code and message in one line."""
        code = f"code {self.code}" if self.code is not None else ""
        return " ".join(part for part in (str(self.status or "no answer"), code, self.message) if part)


class UnreachableError(TwilioError):
    """No answer, or one that could not be read: unless `sent` is False, the call may have had its effect."""


class UnavailableError(TwilioError):
    """Twilio's fault or a passing one (408, 425, 5xx)."""


class ThrottledError(TwilioError):
    """Too many calls (429); without a status when we held the call back ourselves, for others were told so."""


class UnauthorizedError(TwilioError):
    """The credentials are refused (401, 403); repeating cannot help. `hint` says what to look at, or is None."""

    @property
    def hint(self) -> str | None:
        """What a person can do about it."""
        return CREDENTIALS_HINT if self.code == AUTHENTICATE else None

    def __str__(self) -> str:
        """Return status, code, message and hint in one line."""
        return f"{super().__str__()} ({self.hint})" if self.hint else super().__str__()


class TermsNotAcceptedError(UnauthorizedError):
    """The account has not accepted the terms of Twilio's AI services: the answer is that to wrong credentials."""

    @property
    def hint(self) -> str | None:
        """What a person can do about it."""
        return TERMS_HINT


class MissingError(TwilioError):
    """There is no such resource (404, 410)."""


class RejectedError(TwilioError):
    """Twilio understood and refuses this very call (any other status that is not 2xx)."""


class ConflictError(RejectedError):
    """Something stands in the way (409): `resource_id` names it, where Twilio does."""

    resource_id: str | None = None


class MovedError(RejectedError):
    """What was asked for is elsewhere (3xx). Nothing is followed unasked: our credentials go to one host only.

    `location` is where Twilio says; `canonical_id` the id that a merged profile has now, where Twilio names it.
    """

    location: str | None = None
    canonical_id: str | None = None


class OperationFailedError(TwilioError):
    """What Twilio had accepted with 202 came to nothing; message and status are the operation's own."""


class OperationPendingError(TwilioError):
    """What Twilio had accepted with 202 was not done by the deadline; it may still be."""


_BY_STATUS: dict[int, type[TwilioError]] = {
    401: UnauthorizedError,
    403: UnauthorizedError,
    404: MissingError,
    408: UnavailableError,
    409: ConflictError,
    410: MissingError,
    425: UnavailableError,
    429: ThrottledError,
}
_REFUSED = (401, 403)
_TERMS = re.compile(r"terms\b", re.IGNORECASE)
_BY_FAMILY: dict[int, type[TwilioError]] = {3: MovedError, 5: UnavailableError}
_SUCCESS = range(200, 300)


def error_of(status: int, headers: Mapping[str, str], body: dict[str, Any] | None, now: datetime) -> TwilioError:
    """Return the error that an answer stands for; `body` is its JSON object, None where it has none.

    The object may have any of Twilio's three shapes: `{code, message, more_info, status}`,
    `{code, httpStatusCode, message, userError, params}` or problem details `{type, title, status, detail}`.
    A 2xx counts as unreadable. The names of headers must be found in lower case.
    """
    code = (body or {}).get("code")
    message = message_of(body) or responses.get(status, "")
    error = _kind(status, code, message)(
        message,
        status=status,
        code=code if isinstance(code, int) else None,
        request_id=headers.get("twilio-request-id") or headers.get("x-twilio-request-id"),
        retry_after=retry_after(headers.get("retry-after"), now),
    )
    if isinstance(error, ConflictError):
        error.resource_id = headers.get("x-conflicting-resource-id") or None
    if isinstance(error, MovedError):
        error.location, error.canonical_id = headers.get("location"), headers.get("canonical-profile-id")
    return error


def message_of(body: Mapping[str, Any] | None) -> str:
    """Return what any of the three shapes says, short and without what looks like a phone number; '' for nothing."""
    said = next((str(body[name]) for name in ("message", "detail", "title") if body and body.get(name)), "")
    return _PHONE.sub("…", said)[:LONGEST_MESSAGE]


def _kind(status: int, code: object, message: str) -> type[TwilioError]:
    if status in _SUCCESS:
        return UnreachableError
    if status in _REFUSED and code == AUTHENTICATE and _TERMS.search(message):
        return TermsNotAcceptedError
    return _BY_STATUS.get(status) or _BY_FAMILY.get(status // 100) or RejectedError


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` asks for (RFC 9110, 10.2.3: seconds or a date), None for nonsense."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_HINT)
    try:
        at = parsedate_to_datetime(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return min(max((at - now).total_seconds(), 0.0), LONGEST_HINT)
    except (ValueError, OverflowError):
        return None
