"""What has become of events at one endpoint, many at a time and without what others were told of them."""

from collections.abc import Sequence

import msgspec
from redis.asyncio import Redis

from service.events.explained import Attempt, attempt_of
from service.store.client import run, script
from service.store.keys import Keys

AT_ONCE = 200
"""Events that one call looks at."""


class DeliveryState(msgspec.Struct, frozen=True):
    """The recorded state (None: the event was not for this endpoint, or is forgotten), and the attempts made."""

    state: str | None
    attempts: int = 0
    last: Attempt | None = None


async def states(redis: Redis, keys: Keys, endpoint_id: str, event_ids: Sequence[str]) -> list[DeliveryState]:
    """Return the state of each of these events at the endpoint, in their order. Raises RedisError."""
    found: list[DeliveryState] = []
    for begin in range(0, len(event_ids), AT_ONCE):
        names = [keys.event_deliveries(event_id) for event_id in event_ids[begin : begin + AT_ONCE]]
        replies = await run(redis, script("delivery_states"), names, (endpoint_id,))
        found += [
            DeliveryState(state.decode() or None, made, attempt_of(last) if last else None)
            for state, made, last in replies
        ]
    return found
