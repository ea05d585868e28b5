"""The lines of an ordered endpoint: each conversation its own, whatever it is called."""

from collections import defaultdict

import pytest
from redis.asyncio import Redis

from service.events.route import Target
from service.store.deliveries import take
from service.store.keys import Keys
from service.store.settlement import settle
from tests.routed_deliveries import RELAY, add_endpoint, outcome, route

pytestmark = pytest.mark.anyio
WAY = [Target("ep_a", "*", "in_order")]


@pytest.mark.parametrize(
    "names",
    [
        ("conv_1", "conv_10"), ("a", "a|b"), ("a", "a|0"), ("a", "a|000000000001"), ("a|b", "a|b|000000000002|1-0"),
        ("a", "a}"), ("ä", "ä|ö"), ("a b", "a"), ("[a", "(a"), ("%d", "%d|%d"), ("a", "A"),
    ],
)  # fmt: skip
async def test_conversations_do_not_meet(redis: Redis, keys: Keys, names: tuple[str, str]) -> None:
    """Each goes by its sequence, one at a time, and is done when its own line is empty."""
    await add_endpoint(redis, keys, "ep_a", ordered=True)
    events = {}
    for number in range(5):
        for place, name in enumerate(names):
            if number < 2 + 3 * place:
                (event,) = await route(redis, keys, 1, WAY, first=10 * number + place, conversation=name)
                events[event.id] = (name, event.sequence)
    came = defaultdict(list)
    while claims := (await take(redis, keys, RELAY, {"ep_a": 8}))["ep_a"]:
        under_way = [events[claim.event_id][0] for claim in claims]
        assert len(set(under_way)) == len(under_way)
        for claim in claims:
            name, sequence = events[claim.event_id]
            came[name].append((claim.turn, sequence))
        # The one whose line ends first is settled first: it must not reach into the other's.
        await settle(redis, keys, RELAY, [outcome(claim) for claim in claims])

    assert {names[0]: [(names[0], n) for n in (1, 2)], names[1]: [(names[1], n) for n in range(1, 6)]} == came
    assert 0 == await redis.exists(keys.ordered("ep_a"), keys.turns("ep_a"))
