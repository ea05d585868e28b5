"""An event's whole way as lines for people: received, routed, each attempt, what comes next, jobs."""

from collections.abc import Iterator

import msgspec

from service.cli.moments import told
from service.events.explained import Attempt, Delivery
from service.store.explanation import Explanation
from service.store.job_pages import JobPage

LONGEST_ANSWER = 200
"""Characters shown of what a subscriber said."""
_CORRELATED = {
    "sid": "the sender names no conversation; a SID of the event led to it",
    "addresses": "the sender names no conversation; its two addresses led to it",
}


class _Envelope(msgspec.Struct):
    id: str
    type: str
    timestamp: str
    source: str
    sequence: int | None = None
    conversation_id: str | None = None
    late: bool = False


_envelope = msgspec.json.Decoder(_Envelope).decode


def lines(found: Explanation) -> list[str]:
    """Return the lines; nothing of what the event holds is in them."""
    event = _envelope(found.body)
    return [
        f"{event.id}  {event.type}",
        *_received(found, event),
        *_routed(found),
        *(line for one in found.deliveries for line in _delivery(one)),
        *(line for job in found.jobs for line in _job(job)),
    ]


def _received(found: Explanation, event: _Envelope) -> Iterator[str]:
    if found.received_at is None:
        yield "  the log has lost it; a dead delivery keeps a copy"
    yield f"  {told(found.received_at)}  received from {event.source}, which sent it at {told(event.timestamp)}"
    late = "late: a newer state had come before it" if event.late else ""
    if event.conversation_id is not None:
        yield f"  sequence {event.sequence} of {event.conversation_id}{late and '; '}{late}"
    elif late:
        yield f"  {late}"
    if found.correlated_by is not None:
        yield f"  {_CORRELATED[found.correlated_by]}"


def _routed(found: Explanation) -> Iterator[str]:
    if not found.routed:
        yield "  not routed yet: no relay has looked at it"
    elif not found.deliveries:
        yield "  routed to nobody, as far as is remembered"
    else:
        yield f"  routed to {len(found.deliveries)} endpoint{'s' if len(found.deliveries) > 1 else ''}"
    for other in found.unmatched:
        yield f"  not for {other.endpoint_id}: {other.reason}"


def _delivery(one: Delivery) -> Iterator[str]:
    yield ""
    matched = "came by a replay" if one.filter is None else f"matched {one.filter}"
    yield f"{one.endpoint_id}  {one.state}{f': {one.reason}' if one.reason else ''}  ({matched})"
    yield from (_attempt(number, attempt) for number, attempt in enumerate(one.attempts, start=1))
    if one.answer:
        yield f"  it said: {printable(one.answer)}"
    if one.next_attempt_at is not None:
        yield f"  {told(one.next_attempt_at)}  attempt {len(one.attempts) + 1} is due"
    if one.waits_for is not None:
        yield f"  waits for {one.waits_for}"


def _attempt(number: int, attempt: Attempt) -> str:
    came = attempt.error if attempt.status is None else f"status {attempt.status}"
    return f"  {told(attempt.at)}  attempt {number}: {came} after {attempt.ms} ms"


def _job(job: JobPage) -> Iterator[str]:
    yield ""
    yield f"{job.id}  {job.state}{f': {job.outcome}' if job.outcome else ''}"
    yield f"  {told(job.created_at)}  asked for{f' by the rule {job.rule}' if job.rule else ''}"
    if job.started_at is not None:
        yield f"  {told(job.started_at)}  attempt {job.attempts} began"
    if job.last_error is not None:
        yield f"  its last error: {printable(job.last_error)}"
    if job.due_at is not None:
        yield f"  {told(job.due_at)}  it is due"
    if job.joined_to is not None:
        yield f"  {job.joined_to} does its work"
    if job.ended_at is not None:
        yield f"  {told(job.ended_at)}  it ended"


def printable(text: str, most: int = LONGEST_ANSWER) -> str:
    """Return a stranger's text on one line of `most` characters, without what a terminal would take for a command."""
    plain = "".join(each if each.isprintable() else " " for each in text[: most + 1])
    return plain if len(plain) <= most else plain[:most] + "…"
