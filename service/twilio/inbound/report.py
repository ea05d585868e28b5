"""PURE. What all kinds of forms have in common when they become an event."""

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

from service.events.dedupe import event_id
from service.events.event import Event, Source, Words
from service.events.times import fixed_width, from_milliseconds
from service.twilio.inbound.parameters import Parameters

# https://www.rfc-editor.org/rfc/rfc2822#section-3.3, as Twilio writes it: Fri, 20 Nov 2026 17:10:22 +0000
_RFC_2822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:[+-]\d{4}|GMT|UTC)", re.ASCII
)


def report(  # noqa: PLR0913 - an event has as many parts as it has, each named by the caller
    source: Source,
    kind: str,
    key: tuple[str, ...],
    parameters: Parameters,
    received_ms: int,
    *,
    at: str | None = None,
    subject: str | None = None,
    rank: str | None = None,
    names: tuple[str, ...] = (),
    words: Words | None = None,
) -> Event:
    """Return the event that parameters tell of. Raises MalformedCallbackError.

    `kind` is its public type, `key` what tells it from all others of its source, `at` its own time in any form.
    `subject` is the resource whose state it is; that state is placed by `rank`, or without one by `at`.
    """
    occurred = moment(at)
    return Event(
        id=event_id(source, *key),
        kind=kind,
        timestamp=occurred or from_milliseconds(received_ms),
        source=source,
        account_id=parameters.optional("AccountSid"),
        conversation_id=None,
        resource_id=subject,
        version=occurred if subject and not rank else None,
        status=None,
        data=parameters.data(),
        occurred=occurred,
        rank=rank,
        names=names,
        words=words,
    )


def moment(text: str | None) -> str | None:
    """Return a time of Twilio's, ISO 8601 or RFC 2822, in the fixed width; None for what is neither."""
    if text is None:
        return None
    found = fixed_width(text)
    if found is not None or not _RFC_2822.fullmatch(text):
        return found
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return fixed_width((at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat())
