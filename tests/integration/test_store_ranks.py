"""States that have no time: the highest is kept, and what it had overtaken is stored as late."""

from itertools import permutations

import pytest
from redis import Redis

from service.store.keys import Keys
from tests.inbound_traffic import WEEK, Traffic, ranked, reported, said, sid

MESSAGE = sid("SM")
MESSAGE_STATES = ("2", "4", "5", "6")
CALL_STATES = ("1", "3", "4", "9")


@pytest.fixture
def traffic(sync_redis: Redis, keys: Keys) -> Traffic:
    """Return an empty log."""
    return Traffic(sync_redis, keys)


def kept(traffic: Traffic, resource: str = MESSAGE) -> str | None:
    """Return the rank that is held."""
    found = traffic.redis.hget(traffic.keys.resource(resource), "rank")
    return found.decode() if isinstance(found, bytes) else None


@pytest.mark.parametrize("states", [MESSAGE_STATES, CALL_STATES])
def test_in_whatever_order_states_come(traffic: Traffic, states: tuple[str, ...]) -> None:
    """Exactly those are late that come after a higher one, and the highest is kept."""
    orders = list(permutations(states))
    late = []
    for number, order in enumerate(orders):
        resource = sid("SM", number)
        happened = [ranked(f"{number}_{rank}", resource, rank) for rank in order]
        late.append([one.late for one in traffic(*happened)])

    assert [[rank < max(order[: at + 1]) for at, rank in enumerate(order)] for order in orders] == late
    assert [max(states)] * len(orders) == [kept(traffic, sid("SM", number)) for number in range(len(orders))]
    assert [one for order in late for one in order] == [one.late for one in traffic.stored]


@pytest.mark.parametrize(
    ("ranks", "late", "held"),
    [
        ("459", [False, False, True], "5"),
        ("4596", [False, False, True, False], "6"),
        ("69", [False, True], "6"),
        ("49", [False, False], "9"),
        ("495", [False, False, True], "9"),
        ("4994", [False, False, False, True], "9"),
        ("44", [False, False], "4"),
        ("0", [False], "0"),
        ("40", [False, True], "4"),
        ("04", [False, False], "4"),
    ],
)
def test_what_is_final(traffic: Traffic, ranks: str, late: list[bool], held: str) -> None:
    """Nothing comes after an end. A failure after `delivered` is recorded, not applied; the same again is not late."""
    happened = [ranked(f"{number}", MESSAGE, rank) for number, rank in enumerate(ranks)]

    assert late == [one.late for one in traffic(*happened)]
    assert held == kept(traffic)


def test_each_resource_has_its_own_rank(traffic: Traffic) -> None:
    """A message does not overtake another one, nor an event that has no rank."""
    happened = [ranked("1", MESSAGE, "5"), ranked("2", sid("SM", 2), "4"), reported("3", MESSAGE)]

    assert [False, False, False] == [one.late for one in traffic(*happened)]


def test_ranks_count_in_a_conversation_too(traffic: Traffic) -> None:
    """They alone: a report's time does not make the higher state late, nor change the conversation's own."""
    traffic(said("1", "conv_a", MESSAGE))
    before = traffic.redis.hgetall(traffic.keys.conversation("conv_a"))
    later, earlier = "2026-11-20T14:00:09.000000Z", "2026-11-20T14:00:01.000000Z"
    answers = traffic(
        ranked("2", MESSAGE, "4", version=later), ranked("3", MESSAGE, "5", version=earlier), ranked("4", MESSAGE, "3")
    )
    after = traffic.redis.hgetall(traffic.keys.conversation("conv_a"))

    assert [(2, False), (3, False), (4, True)] == [(one.sequence, one.late) for one in answers]
    assert {**before, b"sequence": b"4"} == after


def test_a_rank_is_kept_as_long_as_the_log(traffic: Traffic) -> None:
    """From the last report on, a late one too."""
    lives = []
    for happened in (ranked("1", MESSAGE, "5"), ranked("2", MESSAGE, "4", names=())):
        traffic(happened)
        lives.append(traffic.redis.ttl(traffic.keys.resource(MESSAGE)))
        traffic.redis.expire(traffic.keys.resource(MESSAGE), 9)

    assert pytest.approx([WEEK] * 2, abs=5) == lives
