"""PURE. What rules ask for after an event, as intents of jobs and as gatherings of what is written down together."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec

from service.events.correlation import bare
from service.events.event import StoredEvent
from service.events.route import GATHER, Gathering, Intent, Route, Target
from service.events.times import fixed_width
from service.rules.asked import Asked

NOBODY = "nobody"
"""Stands for an author of whom the event says nothing."""
_DIGITS = 32

_json = msgspec.json.Encoder(order="deterministic").encode


class _Version(msgspec.Struct):
    updatedAt: object = None  # noqa: N815 - Twilio's name


_WHOLE_SECOND = ".000000Z"

_version = msgspec.json.Decoder(_Version).decode


def asking(event: StoredEvent, asked: Sequence[Asked], targets: tuple[Target, ...]) -> Route:
    """Return the route of an event to these targets, with a job for each `close` and `observe` that was asked for.

    Ids of jobs come from the event, so that each is asked for once however often the event is routed.
    """
    at = _decided_at(event)
    counts: dict[str, int] = {}
    intents: list[Intent] = []
    for each in asked:
        if each.kind != "gather":
            number = counts[each.kind] = counts.get(each.kind, 0) + 1
            job_id = f"{each.kind}-{event.id}" if number == 1 else f"{each.kind}-{event.id}-{number}"
            intents.append(_intent(event, each, job_id, at, each.delay, each.arguments))
    gatherings = tuple(_gathering(event, each, at) for each in asked if each.kind == "gather")
    return Route(event, targets, tuple(intents), gatherings)


def _gathering(event: StoredEvent, asked: Asked, at: str) -> Gathering:
    author = author_key(asked.arguments.get("author", {}))
    observe = msgspec.structs.replace(asked, kind="observe")
    # The job is for all that its author said by then, so no rule's name and no entry travels with it.
    intent = _intent(event, observe, f"gather-{event.id}", at, GATHER, {"author": author})
    return Gathering(author, _text(asked.arguments), intent)


def author_key(author: dict[str, Any]) -> str:
    """Return what an author's words are gathered under: the participant, else a digest of the address.

    A digest: what stands in the names of keys is read by people who may not read customers' numbers.
    """
    if author.get("participant_id"):
        return str(author["participant_id"])
    address = bare(author.get("address") or "")
    return sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS] if address else NOBODY


def _intent(event: StoredEvent, asked: Asked, job_id: str, at: str, delay: int, arguments: dict[str, Any]) -> Intent:
    return Intent(
        kind=asked.kind,
        job_id=job_id,
        conversation_id=event.conversation_id or "",
        event_id=event.id,
        rule=asked.rule,
        at=at,
        delay=delay,
        arguments=_text(arguments) if arguments else "",
    )


def _text(arguments: dict[str, Any]) -> str:
    return _json(arguments).decode()


def _decided_at(event: StoredEvent) -> str:
    # Not the callback's own time: what was said between the change and its callback is newer than the change.
    changed = fixed_width(_version(event.data).updatedAt)
    if changed is None and event.source == "call" and event.timestamp.endswith(_WHOLE_SECOND):
        # Calls tell whole seconds. Its last words are said in the second of its end, and are no traffic after it.
        return event.timestamp.removesuffix(_WHOLE_SECOND) + ".999999Z"
    return changed or event.timestamp
