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

_PHONE = re.compile(r"\+?\d[\d\s().-]{5,}\d")


class TwilioError(Exception):
    """A call failed.

    `status` is None where no readable answer came. `code`, `message` and `request_id` are Twilio's; the message is
    shortened, and what looks like a phone number is blotted out. `retry_after` is in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        """Return status, code and message in one line."""
        code = f"code {self.code}" if self.code is not None else ""
        return " ".join(part for part in (str(self.status or "no answer"), code, self.message) if part)


class UnreachableError(TwilioError):
    """No answer, or one that could not be read: it is not known whether the call had its effect."""


class UnavailableError(TwilioError):
    """Twilio's fault or a passing one (408, 425, 5xx)."""


class ThrottledError(TwilioError):
    """Too many calls (429)."""


class UnauthorizedError(TwilioError):
    """The credentials are refused (401, 403); repeating cannot help."""


class MissingError(TwilioError):
    """There is no such resource (404, 410)."""


class RejectedError(TwilioError):
    """Twilio understood and refuses this very call (any other status that is not 2xx)."""


_BY_STATUS: dict[int, type[TwilioError]] = {
    401: UnauthorizedError,
    403: UnauthorizedError,
    404: MissingError,
    408: UnavailableError,
    410: MissingError,
    425: UnavailableError,
    429: ThrottledError,
}
_SERVER_ERRORS = range(500, 600)
_SUCCESS = range(200, 300)


def error_of(status: int, headers: Mapping[str, str], body: dict[str, Any] | None, now: datetime) -> TwilioError:
    """Return the error that an answer stands for; `body` is its JSON object, None where it has none.

    The object may have any of Twilio's three shapes: `{code, message, more_info, status}`,
    `{code, httpStatusCode, message, userError, params}` or problem details `{type, title, status, detail}`.
    A 2xx counts as unreadable. The names of headers must be found in lower case.
    """
    said = next((str(body[name]) for name in ("message", "detail", "title") if body and body.get(name)), "")
    code = (body or {}).get("code")
    return _kind(status)(
        _PHONE.sub("…", said or responses.get(status, ""))[:LONGEST_MESSAGE],
        status=status,
        code=code if isinstance(code, int) else None,
        request_id=headers.get("twilio-request-id") or headers.get("x-twilio-request-id"),
        retry_after=retry_after(headers.get("retry-after"), now),
    )


def _kind(status: int) -> type[TwilioError]:
    if status in _SUCCESS:
        return UnreachableError
    return _BY_STATUS.get(status) or (UnavailableError if status in _SERVER_ERRORS else RejectedError)


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
