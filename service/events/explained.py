"""PURE. What became of an event at each endpoint: from what is recorded to what people read."""

from collections.abc import Mapping

import msgspec

from service.endpoints.endpoint import Endpoint
from service.endpoints.filters import matching
from service.endpoints.health import HEALTHY, Health
from service.events.times import from_milliseconds

REMOVED = "the endpoint was removed"
UNMATCHED = "none of its types match"
MATCHED_SINCE = "its types match now, and did not when the event was routed"
ALL = "*"
UNDER_WAY = ("waiting", "retrying")
PASSED_OVER = "skipped:other_source"
"""State of an event whose words the endpoint gets from the other source: not delivered, and not missing."""
_SKIPPED = {
    "disabled": "the endpoint was disabled",
    "other_source": "it gets the same words from the call's other source (forward of [transcription] in RULES_FILE)",
}


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One attempt: when it began (ISO 8601 UTC), the answer's status or the error, and how long it took.

    `next` is when the following one was due, where there was to be one.
    """

    at: str
    status: int | None
    ms: int
    error: str | None
    next: str | None = None


class Delivery(msgspec.Struct, frozen=True):
    """What became of the event for one endpoint.

    `state` is waiting (its turn has not come, or it is under way), retrying, delivered, dead, or skipped; `reason`
    says why a dead or skipped one was not delivered. `filter` is the type or pattern that matched, None where a
    replay alone brought the event here. `waits_for` says in words what a waiting or retrying one needs besides its
    time, `answer` what the subscriber said when it last refused.
    """

    endpoint_id: str
    state: str
    reason: str | None
    attempts: list[Attempt]
    filter: str | None = ALL
    next_attempt_at: str | None = None
    waits_for: str | None = None
    answer: str | None = None


class Unmatched(msgspec.Struct, frozen=True):
    """An endpoint that was there before the event and did not get it, and why."""

    endpoint_id: str
    reason: str


class Facts(msgspec.Struct, frozen=True):
    """What is known of one event's deliveries.

    `fields` maps `<endpoint>` to its state, `<endpoint>:<n>` to attempt n, and `<endpoint>:filter` and
    `<endpoint>:answer`. `endpoints` are those that exist, with their `health`; `dead` holds the reasons of dead
    deliveries, and `behind` the sequence that has to be over first at an endpoint that wants conversations in order.
    """

    event_type: str
    stored_ms: int
    fields: Mapping[str, bytes]
    endpoints: Mapping[str, Endpoint] = {}
    health: Mapping[str, Health] = {}
    dead: Mapping[str, str] = {}
    behind: Mapping[str, str] = {}


_attempt = msgspec.json.Decoder(Attempt).decode


def attempt_of(record: bytes) -> Attempt:
    """Return a recorded attempt as a value."""
    return _attempt(record)


def state_and_reason(recorded: str) -> tuple[str, str | None]:
    """Return a recorded state (`skipped:<why>` is one) as a word of people's, and the reason where it holds one."""
    state, _, why = recorded.partition(":")
    return state, (_SKIPPED.get(why, why) if why else None)


def deliveries(facts: Facts) -> list[Delivery]:
    """Return what became of the event at each endpoint that it was for, by endpoint."""
    return [_delivery(facts, name) for name in sorted(facts.fields) if ":" not in name]


def unmatched(facts: Facts) -> list[Unmatched]:
    """Return the endpoints that were there before the event and that it was not for."""
    found = []
    for endpoint in facts.endpoints.values():
        if endpoint.id in facts.fields or endpoint.created_at > facts.stored_ms:
            continue
        if not matching(endpoint.types, facts.event_type):
            found.append(Unmatched(endpoint.id, UNMATCHED))
        elif facts.fields:
            # Without any record left, nothing can be said: the event may have been for it and is forgotten.
            found.append(Unmatched(endpoint.id, MATCHED_SINCE))
    return found


def _delivery(facts: Facts, endpoint_id: str) -> Delivery:
    state, reason = state_and_reason(facts.fields[endpoint_id].decode())
    endpoint = facts.endpoints.get(endpoint_id)
    if state in UNDER_WAY and endpoint is None:
        state, reason = "skipped", REMOVED
    if state == "dead":
        reason = facts.dead.get(endpoint_id)
    attempts = _attempts(facts.fields, endpoint_id)
    answer = facts.fields.get(f"{endpoint_id}:answer")
    waits = state in UNDER_WAY and endpoint is not None
    return Delivery(
        endpoint_id,
        state,
        reason,
        attempts,
        filter=_filter(facts, endpoint_id),
        next_attempt_at=_next(facts, endpoint_id, attempts) if waits else None,
        waits_for=_waits_for(facts, endpoint_id, state) if waits else None,
        answer=None if answer is None else answer.decode(errors="replace"),
    )


def _attempts(fields: Mapping[str, bytes], endpoint_id: str) -> list[Attempt]:
    numbers = (name[len(endpoint_id) + 1 :] for name in fields if name.startswith(f"{endpoint_id}:"))
    ordered = sorted(int(number) for number in numbers if number.isdigit())
    return [_attempt(fields[f"{endpoint_id}:{number}"]) for number in ordered]


def _filter(facts: Facts, endpoint_id: str) -> str | None:
    matched = facts.fields.get(f"{endpoint_id}:filter")
    if matched is not None:
        return matched.decode()
    endpoint = facts.endpoints.get(endpoint_id)
    return None if endpoint is not None and endpoint.created_at > facts.stored_ms else ALL


def _next(facts: Facts, endpoint_id: str, attempts: list[Attempt]) -> str | None:
    """Return when the next attempt is due: its own time, and not before a paused endpoint's next probe."""
    endpoint = facts.endpoints[endpoint_id]
    if endpoint.disabled is not None or endpoint_id in facts.behind:
        return None
    due = attempts[-1].next if attempts and facts.fields[endpoint_id] == b"retrying" else None
    paused_until = facts.health.get(endpoint_id, HEALTHY).paused_until
    probe = None if paused_until is None else from_milliseconds(paused_until)
    # Both are of one fixed form, so they compare as text.
    return max((at for at in (due, probe) if at is not None), default=None)


def _waits_for(facts: Facts, endpoint_id: str, state: str) -> str | None:
    if facts.endpoints[endpoint_id].disabled is not None:
        return "the endpoint to be enabled"
    if endpoint_id in facts.behind:
        before = facts.behind[endpoint_id]
        return (
            f"its turn: {f'sequence {before}' if before > '0' else 'an earlier event'} of its conversation goes first"
        )
    if facts.health.get(endpoint_id, HEALTHY).paused_until is not None:
        return "the paused endpoint to answer a probe"
    return "a free slot at the endpoint" if state == "waiting" else None
