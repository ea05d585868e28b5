"""PURE. Event Streams: batches of CloudEvents, each an event of its own.

https://www.twilio.com/docs/events/webhook-quickstart and https://github.com/cloudevents/spec
"""

import re

import msgspec

from service.events.dedupe import event_id
from service.events.event import Event
from service.events.times import fixed_width, from_milliseconds
from service.twilio.callbacks import LONGEST_ID, MalformedCallbackError, why_unreadable
from service.twilio.inbound.batch import Batch, Unreadable
from service.twilio.inbound.names import sids

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,100}")
_PREFIX = "com.twilio."
_ACCOUNT = re.compile(r"(?:.*/Accounts/)?(AC[0-9a-f]{32})(?:/.*)?")
# Twilio's schemas write a member in several ways: MessageSid, messageSid, messagesid.
_NAMED = ("conversationsid", "messagesid", "callsid", "parentcallsid", "correlationsid", "resourcesid")


class _CloudEvent(msgspec.Struct):
    id: str
    type: str
    source: object = None
    time: object = None
    data: object = None


_entries = msgspec.json.Decoder(list[msgspec.Raw]).decode
_entry = msgspec.json.Decoder(_CloudEvent).decode
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError, MalformedCallbackError)


def batch(body: bytes, received_ms: int) -> Batch:
    """Return what a batch tells of; one bad entry does not lose the others.

    Raises MalformedCallbackError where the body is no JSON array at all.
    """
    try:
        entries = _entries(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MalformedCallbackError(why_unreadable(error)) from None
    events, unreadable = [], []
    for raw in map(bytes, entries):
        try:
            events.append(_event(raw, received_ms))
        except _UNREADABLE as error:
            unreadable.append(Unreadable(raw, why_unreadable(error)))
    return Batch(tuple(events), tuple(unreadable))


def _event(raw: bytes, received_ms: int) -> Event:
    told = _entry(raw)
    if not told.id or len(told.id) > LONGEST_ID:
        message = "id is empty or too long"
        raise MalformedCallbackError(message)
    name = told.type.lower().removeprefix(_PREFIX)
    if not _NAME.fullmatch(name):
        message = "type is no name"
        raise MalformedCallbackError(message)
    at = fixed_width(told.time)
    about = _texts(told.data)
    return Event(
        id=event_id("eventstreams", told.id),
        kind=f"eventstreams.{name}",
        timestamp=at or from_milliseconds(received_ms),
        source="eventstreams",
        account_id=_account(about.get("accountsid"), told.source),
        conversation_id=None,
        resource_id=None,
        version=None,
        status=None,
        data=raw,
        occurred=at,
        names=sids(*(about.get(each) for each in _NAMED)),
    )


def _texts(data: object) -> dict[str, str]:
    held = data if isinstance(data, dict) else {}
    return {name.lower(): value for name, value in held.items() if isinstance(value, str)}


def _account(named: str | None, source: object) -> str | None:
    if named and len(named) <= LONGEST_ID:
        return named
    # Where the data names none, the source may be an account or the address of something of an account's.
    found = _ACCOUNT.fullmatch(source) if isinstance(source, str) and len(source) <= 4 * LONGEST_ID else None
    return found[1] if found else None
