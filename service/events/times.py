"""PURE. Times as text: Twilio's have 0, 3 or 6 digits of fraction; ours are compared in one fixed width."""

import re
from datetime import UTC, datetime
from functools import lru_cache

_FIXED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_WHOLE = len("2026-11-20T14:03:10")


def fixed_width(text: object) -> str | None:
    """Return an ISO 8601 time as `YYYY-MM-DDTHH:MM:SS.ffffffZ` in UTC, or None for what is not such a time.

    Two results compare as text in the order of their times. A time without zone is taken as UTC.
    """
    if not isinstance(text, str) or len(text) < _WHOLE or not text.isascii():
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if text[-1] == "Z" and text[_WHOLE] in ".Z" and _FIXED.fullmatch(text[:_WHOLE]):
        # What Twilio sends; to write it anew from its parts would cost more than the rest of a callback's parsing.
        return f"{text[:_WHOLE]}.{text[_WHOLE + 1 : -1][:6]:0<6}Z"
    return _rewritten(at)


def _rewritten(at: datetime) -> str | None:
    try:
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return None
    return f"{at.year:04}-{at:%m-%dT%H:%M:%S.%f}Z"


def from_milliseconds(ms: int) -> str:
    """Return milliseconds since 1970 as `YYYY-MM-DDTHH:MM:SS.mmmZ`, the form in which we state our own times."""
    return f"{_second(ms // 1000)}.{ms % 1000:03}Z"


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
