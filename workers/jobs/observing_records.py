"""PURE. What observations of a whole conversation, and of results of Conversation Intelligence, say, and of whom."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from service.events.correlation import bare
from service.events.times import fixed_width
from service.rules.customers import Customers
from service.twilio.resources.communication import Communication
from service.twilio.resources.conversation import Conversation, Participant
from service.twilio.resources.reading import listed, mapping, text, texts
from workers.jobs.observing import Target

_HOUR, _MINUTE = 3600, 60
_WRAPS = frozenset({"text", "label", "labels", "result", "payload"})
_json = msgspec.json.Encoder(order="deterministic").encode


def customers_of(participants: Iterable[Participant], customers: Customers) -> tuple[Participant, ...]:
    """Return who of those that take part is a customer: by addresses first, by Twilio's type second."""
    return tuple(one for one in participants if _is_customer(one, customers))


def _is_customer(one: Participant, customers: Customers) -> bool:
    sides = [customers.side(each.address, one.type) for each in one.addresses] or [customers.side(None, one.type)]
    return "business" not in sides and "customer" in sides


def channels_of(communications: Iterable[Communication]) -> tuple[str, ...]:
    """Return the channels that communications were on, in the order of the alphabet."""
    found = {one.author.channel.upper() for one in communications if one.author and one.author.channel}
    return tuple(sorted(found))


def record(
    conversation: Conversation,
    participants: Sequence[Participant],
    said: Sequence[Communication],
    customers: Sequence[Participant],
    closed_at: str,
) -> dict[str, str]:
    """Return the fields of `conversation.closed`; nobody's name, number or words are among them."""
    started = conversation.created_at or min((at for one in said if (at := one.created_at)), default="")
    return {
        "channels": ", ".join(channels_of(said)),
        "communications": str(len(said)),
        "from_customer": str(sum(_by(one, customers) for one in said)),
        "duration": duration(started, closed_at),
        "participants": _kinds(participants),
        "started": started,
        "at": closed_at,
    }


def _by(one: Communication, customers: Iterable[Participant]) -> bool:
    author = one.author
    if author is None:
        return False
    addresses = {bare(each.address) for customer in customers for each in customer.addresses}
    ids = {customer.id for customer in customers}
    return author.participant_id in ids or bare(author.address or "") in addresses


def _kinds(participants: Iterable[Participant]) -> str:
    counted = Counter((one.type or "UNKNOWN").lower().replace("_", " ") for one in participants)
    named = (f"{number} {kind}{'s' if number > 1 else ''}" for kind, number in sorted(counted.items()))
    return ", ".join(named) or "nobody"


def duration(started: str, ended: str) -> str:
    """Return how long it was between two times: `1 h 22 min`, `3 min`, `40 s`; '' where one is not known."""
    try:
        seconds = int((datetime.fromisoformat(ended) - datetime.fromisoformat(started)).total_seconds())
    except (ValueError, TypeError):
        return ""
    seconds = max(seconds, 0)
    if seconds < _MINUTE:
        return f"{seconds} s"
    hours, minutes = seconds // _HOUR, seconds % _HOUR // _MINUTE
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


class Found(msgspec.Struct, frozen=True):
    """One result of an operator: the fields of `intelligence.result`, and when it was found.

    `profiles` are those that Twilio says it is about, `store_id` the store they are in; empty: it does not say.
    """

    values: Mapping[str, str]
    at: str
    profiles: tuple[str, ...]
    store_id: str | None

    @property
    def targets(self) -> tuple[Target, ...]:
        """Whose memory is written where Twilio says that; none where the conversation has to be asked."""
        return tuple(Target(self.store_id, each) for each in self.profiles) if self.store_id else ()


def results_in(data: bytes, numbers: Sequence[int], customers: Customers, otherwise_at: str) -> tuple[Found, ...]:
    """Return the results of these numbers in a rule webhook; one that is not there, or says nothing, is left out."""
    try:
        told = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ()
    results = listed(told, "operatorResults")
    chosen = (results[number] for number in numbers if number < len(results))
    found = (_found(one, customers, otherwise_at) for one in chosen if isinstance(one, dict))
    return tuple(one for one in found if one.values["result"])


def _found(one: dict[str, Any], customers: Customers, otherwise_at: str) -> Found:
    details = mapping(one, "executionDetails")
    memory = mapping(mapping(details, "resolvedContext"), "memory")
    resolved = text(memory, "profileId")
    at = fixed_width(one.get("dateCreated")) or otherwise_at
    values = {
        "operator": text(mapping(one, "operator"), "displayName", "friendlyName", "id") or "",
        "result": _result(one.get("result")),
        "channels": ", ".join(texts(details, "channels")),
        "at": at,
    }
    people = [each for each in listed(details, "participants") if text(each, "type") in customers.types]
    profiles = [resolved] if resolved else [each for one in people if (each := text(one, "profileId"))]
    return Found(values, at, tuple(dict.fromkeys(profiles)), text(memory, "memoryStoreId"))


def _result(value: object, depth: int = 3) -> str:
    """Return a result as text: its own text or label, out of what is wrapped around it, else the whole as JSON."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    if isinstance(value, dict) and len(value) == 1 and depth and _WRAPS.issuperset(value):
        return _result(next(iter(value.values())), depth - 1)
    return _json(value).decode() if value else ""
