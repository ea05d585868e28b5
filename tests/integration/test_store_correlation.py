"""How traffic that names no conversation finds it, and by what conversations are known."""

import asyncio

import pytest
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from service.store import correlation
from service.store.client import connect
from service.store.event_log import OPEN_CONVERSATION_LIFE, EventLog
from service.store.keys import Keys
from service.tasks import cancelled
from tests.inbound_traffic import PAIR, WEEK, Traffic, ranked, reported, said, sid, status
from tests.real_redis import RealRedis

MESSAGE, CALL, OTHER_CALL = sid("SM"), sid("CA"), sid("CA", 2)


@pytest.fixture
def traffic(sync_redis: SyncRedis, keys: Keys) -> Traffic:
    """Return an empty log."""
    return Traffic(sync_redis, keys)


@pytest.mark.parametrize(("name", "by"), [(MESSAGE, "sid"), (PAIR, "addresses")])
def test_traffic_takes_its_place_in_the_conversation(traffic: Traffic, keys: Keys, name: str, by: str) -> None:
    """It gets the next sequence, stands in the index, and its entry tells what led there."""
    first, found, last = traffic(said("1", "conv_a", MESSAGE, PAIR), reported("2", name), said("3", "conv_a"))
    index = traffic.redis.hgetall(keys.conversation_events("conv_a"))

    assert ["conv_a"] * 3 == [first.conversation_id, found.conversation_id, last.conversation_id]
    assert [1, 2, 3] == [first.sequence, found.sequence, last.sequence]
    assert [(None, "conv_a", 1), (by, "conv_a", 2), (None, "conv_a", 3)] == [
        (one.correlated_by, one.conversation_id, one.sequence) for one in traffic.stored
    ]
    assert (found.entry_id or "").encode() == index[b"evt_2"]


def test_traffic_that_nothing_leads_anywhere(traffic: Traffic) -> None:
    """It is stored, without conversation and sequence, and makes nothing known."""
    (lonely,) = traffic(reported("1", MESSAGE, PAIR))

    assert ("stored", None, None) == (lonely.outcome, lonely.conversation_id, lonely.sequence)
    assert [None, None] == [traffic.known_by(MESSAGE), traffic.known_by(PAIR)]
    assert [(None, None)] == [(one.correlated_by, one.conversation_id) for one in traffic.stored]


def test_names_are_tried_in_their_order(traffic: Traffic) -> None:
    """The best comes first: a call belongs to its own conversation, whatever else its addresses are in."""
    traffic(said("1", "conv_a", CALL), said("2", "conv_b", OTHER_CALL, PAIR))
    both = traffic(reported("3", sid("CA", 9), CALL, PAIR), reported("4", PAIR, CALL))

    assert ["conv_a", "conv_b"] == [one.conversation_id for one in both]


@pytest.mark.parametrize(("name", "expected"), [(MESSAGE, "conv_a"), (PAIR, None)])
def test_a_closed_conversation_is_found_by_a_sid_alone(traffic: Traffic, name: str, expected: str | None) -> None:
    """A late receipt is of the closed one; new words between the same people are not."""
    traffic(said("1", "conv_a", MESSAGE, PAIR), status("conv_a", "CLOSED"))

    assert [expected] == [one.conversation_id for one in traffic(reported("2", name))]


def test_a_forgotten_conversation_is_not_found_by_addresses(traffic: Traffic, keys: Keys) -> None:
    """Their key may outlive it, and no conversation is made anew by a message."""
    traffic(said("1", "conv_a", PAIR))
    traffic.redis.delete(keys.conversation("conv_a"))

    assert [None] == [one.conversation_id for one in traffic(reported("2", PAIR))]
    assert 0 == traffic.redis.exists(keys.conversation("conv_a"))


def test_what_was_found_by_addresses_is_known_by_its_sid_afterwards(traffic: Traffic) -> None:
    """A call keeps its conversation when that closes before the call ends."""
    traffic(said("1", "conv_a", PAIR))
    before = traffic(reported("2", CALL, OTHER_CALL, PAIR))
    traffic(status("conv_a", "CLOSED"))
    after = traffic(reported("3", CALL, PAIR), reported("4", OTHER_CALL))

    assert ["conv_a"] * 3 == [one.conversation_id for one in (*before, *after)]


def test_a_call_goes_on_in_a_new_conversation_after_a_close(traffic: Traffic) -> None:
    """The first conversation stays a SID's while it is open; a closed one yields, and does not come back."""
    known = []
    for happened in (
        said("1", "conv_a", CALL), said("2", "conv_b", CALL), status("conv_a", "CLOSED"), said("3", "conv_b", CALL),
        said("4", "conv_a", CALL), status("conv_b", "CLOSED"), said("5", "conv_a", CALL),
    ):  # fmt: skip
        traffic(happened)
        known.append(traffic.known_by(CALL))

    assert ["conv_a"] * 3 + ["conv_b"] * 4 == known


def test_addresses_are_those_of_the_latest_open_conversation(traffic: Traffic) -> None:
    """Whatever comes late in a closed one changes nothing."""
    known = []
    for happened in (
        said("1", "conv_a", PAIR), said("2", "conv_b", PAIR), said("3", "conv_a", PAIR), status("conv_a", "CLOSED"),
        said("4", "conv_a", PAIR), said("5", "conv_b", PAIR), said("6", "conv_a", PAIR),
    ):  # fmt: skip
        traffic(happened)
        known.append(traffic.known_by(PAIR))

    assert ["conv_a", "conv_b", "conv_a", "conv_a", "conv_a", "conv_b", "conv_b"] == known


def test_a_repeat_of_what_was_found_is_a_duplicate(traffic: Traffic, keys: Keys) -> None:
    """By its own claim, and by the conversation's index when the claim has run out."""
    _, first = traffic(said("1", "conv_a", MESSAGE), reported("2", MESSAGE))
    again = traffic(reported("2", MESSAGE))
    traffic.redis.delete(keys.event("evt_2"))
    later = traffic(reported("2", MESSAGE))

    assert [("duplicate", first.entry_id)] * 2 == [(one.outcome, one.entry_id) for one in (*again, *later)]
    assert 2 == len(traffic.stored)


@pytest.mark.parametrize(("conversation", "expected"), [("conv_a", "stored"), ("conv_b", "stale")])
def test_traffic_older_than_the_log(traffic: Traffic, conversation: str, expected: str) -> None:
    """As any event: only an open conversation's index can tell that it is new."""
    traffic(said("1", "conv_a", MESSAGE))
    name = MESSAGE if conversation == "conv_a" else OTHER_CALL
    old = reported("2", name, occurred="2026-01-01T00:00:00.000000Z")

    assert [expected] == [one.outcome for one in traffic(old, oldest="2026-11-13T14:00:00.000000Z")]
    assert (expected == "stored") == (len(traffic.stored) == 2)


def test_every_key_is_in_the_table_and_has_its_life(traffic: Traffic, keys: Keys) -> None:
    """SIDs are kept as the log is; addresses as an open conversation is."""
    traffic(said("1", "conv_a", CALL, PAIR, words="captured"), ranked("2", MESSAGE, "4", names=(MESSAGE, PAIR)))
    traffic(reported("3", OTHER_CALL, words="transcribed"))
    lives = {
        keys.resource(CALL): WEEK, keys.resource(MESSAGE): WEEK, keys.resource(OTHER_CALL): WEEK,
        keys.addresses(PAIR): OPEN_CONVERSATION_LIFE, keys.conversation("conv_a"): OPEN_CONVERSATION_LIFE,
        keys.conversation_events("conv_a"): OPEN_CONVERSATION_LIFE, keys.event("evt_1"): WEEK,
        keys.event("evt_2"): WEEK, keys.event("evt_3"): WEEK, keys.events: -1, keys.stats: -1,
    }  # fmt: skip
    found = {name.decode(): traffic.redis.ttl(name) for name in traffic.redis.scan_iter()}

    assert pytest.approx(lives, abs=5) == found


def test_names_live_on_by_their_use(traffic: Traffic, keys: Keys) -> None:
    """Each event begins the life of its SIDs anew."""
    traffic(said("1", "conv_a", CALL))
    traffic.redis.expire(keys.resource(CALL), 9)
    traffic(reported("2", CALL))
    by_report = traffic.redis.ttl(keys.resource(CALL))
    traffic.redis.expire(keys.resource(CALL), 9)
    traffic(said("3", "conv_a", CALL, words="captured"))

    assert pytest.approx([WEEK] * 2, abs=5) == [by_report, traffic.redis.ttl(keys.resource(CALL))]


def test_an_open_conversations_life_begins_anew_each_hour(traffic: Traffic, keys: Keys) -> None:
    """Within the hour it is left as it is, since each renewal costs the append; a close is never left out."""
    names = (keys.conversation("conv_a"), keys.conversation_events("conv_a"), keys.addresses(PAIR))
    lives = []
    for happened, hour in (
        (said("1", "conv_a", PAIR), "14"), (said("2", "conv_a", PAIR), "14"), (said("3", "conv_a", PAIR), "15"),
        (status("conv_a", "CLOSED"), "15"),
    ):  # fmt: skip
        for name in names:
            traffic.redis.expire(name, 9)
        traffic(happened, oldest=f"2026-11-13T{hour}:00:00.000000Z")
        lives.append([traffic.redis.ttl(name) > 10 for name in names])

    assert [[False] * 3, [True] * 3, [True, True, False]] == lives[1:]


def test_a_broken_name_fails_alone_and_leaves_nothing(traffic: Traffic, keys: Keys) -> None:
    """Where a name's key is something else, the repetition that comes later finds no claim."""
    traffic.redis.set(keys.resource(MESSAGE), "not a hash")
    with pytest.raises(Exception, match="WRONGTYPE"):
        traffic(reported("1", MESSAGE))
    traffic.redis.delete(keys.resource(MESSAGE))

    assert ["stored"] == [one.outcome for one in traffic(reported("1", MESSAGE))]


@pytest.mark.anyio
async def test_many_at_once(redis: Redis, sync_redis: SyncRedis, keys: Keys) -> None:
    """Callbacks and reports in one pipeline share their conversation's sequence without a gap."""
    log = EventLog(redis, keys, retention=WEEK)
    running = asyncio.ensure_future(log.run())
    await asyncio.sleep(0)
    happened = [said("0", "conv_a", CALL, PAIR)]
    for number in range(1, 301):
        name = (CALL, PAIR)[number % 2]
        made = (said(f"{number}", "conv_a", CALL, PAIR), reported(f"{number}", name), ranked(f"{number}", CALL, "3"))
        happened.append(made[number % 3])
    answers = await asyncio.gather(*(log.append(one) for one in happened))
    await cancelled([running])

    assert list(range(1, 302)) == [one.sequence for one in answers]
    assert {"conv_a"} == {one.conversation_id for one in answers}
    assert [one.id for one in happened] == [one.id for one in Traffic(sync_redis, keys).stored]


def test_a_restart_forgets_nothing(own_redis: RealRedis, keys: Keys) -> None:
    """What was known before Redis was killed is known when it is back."""
    with SyncRedis.from_url(own_redis.url) as before:
        Traffic(before, keys)(said("1", "conv_a", CALL, PAIR, words="captured"), ranked("2", MESSAGE, "5"))
    own_redis.kill()
    own_redis.start()
    with SyncRedis.from_url(own_redis.url) as redis:
        traffic = Traffic(redis, keys)
        found = traffic(reported("3", CALL, words="transcribed"), reported("4", PAIR), ranked("5", MESSAGE, "4"))
        others = [one.other_source for one in traffic.stored]

    assert [("conv_a", 2, False), ("conv_a", 3, False), (None, None, True)] == [
        (one.conversation_id, one.sequence, one.late) for one in found
    ]
    assert [False, False, True, False, False] == others


@pytest.mark.anyio
async def test_a_note_makes_a_conversation_known(redis_url: str, sync_redis: SyncRedis, keys: Keys) -> None:
    """A SID leads to it at once, two addresses from its first event on; an open conversation is not displaced."""
    traffic = Traffic(sync_redis, keys)
    async with connect(redis_url) as redis:
        for name in (CALL, PAIR):
            await correlation.note(redis, keys, name, "conv_a")
        early = traffic(reported("1", PAIR), reported("2", CALL), reported("3", PAIR))
        await correlation.note(redis, keys, CALL, "conv_b")
        kept = await correlation.known_by(redis, keys, CALL)
        traffic(status("conv_a", "CLOSED"))
        for name in (CALL, PAIR):
            await correlation.note(redis, keys, name, "conv_b")
        moved = [await correlation.known_by(redis, keys, name) for name in (CALL, PAIR, MESSAGE)]

    assert [None, "conv_a", "conv_a"] == [one.conversation_id for one in early]
    assert ["conv_a", "conv_b", "conv_b", None] == [kept, *moved]
    assert pytest.approx(WEEK, abs=5) == sync_redis.ttl(keys.resource(CALL))
