"""What stood before an event in its conversation, for an endpoint that gets it again: `webhook-previous-sequence`.

Routing knew it and nobody keeps it, so it is found again in the same way: the newest earlier event of the conversation
that the endpoint's own types match, and that was there for it.
"""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from service.endpoints.endpoint import Endpoint
from service.endpoints.filters import matching
from service.events.event import StoredEvent
from service.events.explained import PASSED_OVER
from service.events.types import event_type
from service.store import heads
from service.store.delivery_states import states
from service.store.keys import Keys
from service.store.redelivery import Redelivery

NONE = "0"
"""There was none."""
LOOK_BACK = 16
"""Earlier events of a conversation that are read at once; as a rule the first of them is the one."""


async def redelivery(
    redis: Redis, keys: Keys, endpoint: Endpoint, event: StoredEvent, since_ms: int | None = None
) -> Redelivery:
    """Return an event of the log as it goes to the endpoint once more. Raises redis.exceptions.RedisError.

    `since_ms`: what was stored since then counts as there for the endpoint, even from before it was made.
    """
    if event.conversation_id is None or event.sequence is None:
        return Redelivery(event.entry_id, event.id)
    from_ms = endpoint.created_at if since_ms is None else min(since_ms, endpoint.created_at)
    previous = await _previous(redis, keys, endpoint, event, from_ms)
    return Redelivery(event.entry_id, event.id, previous, event.conversation_id, event.sequence)


async def _previous(redis: Redis, keys: Keys, endpoint: Endpoint, event: StoredEvent, from_ms: int) -> str:
    values: Any = await redis.hvals(keys.conversation_events(event.conversation_id or ""))
    entries = sorted(_order(value.decode()) for value in values)
    at = _order(event.entry_id)
    earlier = [f"{ms}-{number}" for ms, number in reversed(entries) if (ms, number) < at and ms >= from_ms]
    for begin in range(0, len(earlier), LOOK_BACK):
        some = earlier[begin : begin + LOOK_BACK]
        known = await heads.of_entries(redis, keys, some)
        events = [known[entry_id] for entry_id in some if entry_id in known]
        found = _newest_matching(endpoint, await _delivered_by_this_source(redis, keys, endpoint, events))
        if found is not None:
            return str(found.sequence)
    return NONE


async def _delivered_by_this_source(
    redis: Redis, keys: Keys, endpoint: Endpoint, events: Sequence[StoredEvent]
) -> list[StoredEvent]:
    """Leave out what the endpoint got from the other source of the same words: routing did not count it either."""
    doubtful = [event for event in events if event.other_source]
    known = await states(redis, keys, endpoint.id, [event.id for event in doubtful]) if doubtful else []
    passed = {event.id for event, state in zip(doubtful, known, strict=True) if state.state == PASSED_OVER}
    return [event for event in events if event.id not in passed]


def _newest_matching(endpoint: Endpoint, newest_first: Sequence[StoredEvent]) -> StoredEvent | None:
    return next((event for event in newest_first if matching(endpoint.types, event_type(event))), None)


def _order(entry_id: str) -> tuple[int, int]:
    ms, _, number = entry_id.partition("-")
    return int(ms), int(number or 0)
