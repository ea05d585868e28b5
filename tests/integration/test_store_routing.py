"""Routing commits: under the lease, from the cursor, for the endpoints there are, or not at all."""

from typing import Any

import msgspec
import pytest
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from service.events.route import Gathering, Intent, Target
from service.store import endpoints, routing
from service.store.deliveries import ROUTED_KEPT
from service.store.keys import Keys
from tests.routed_deliveries import RELAY, add_endpoint, commit, remember, route
from tests.stored_events import everything
from tests.twilio_callbacks import CONVERSATION, communication, conversation, written

pytestmark = pytest.mark.anyio
INTENT = Intent(
    kind="close", job_id="close-evt_1", conversation_id=CONVERSATION, event_id="evt_1", rule="r",
    at="2026-11-20T14:00:00Z",
)  # fmt: skip


async def waiting(redis: Redis, keys: Keys, endpoint_id: str) -> list[dict[str, str]]:
    """Return the entries of an endpoint's stream."""
    entries: Any = await redis.xrange(keys.deliveries(endpoint_id))
    return [{name.decode(): value.decode() for name, value in fields.items()} for _, fields in entries]


async def test_the_lease_is_one_relays(redis: Redis, keys: Keys) -> None:
    """Only its holder renews it; who gives it back gives it to the next at once."""
    first = [await routing.take_lease(redis, keys, name) for name in (RELAY, "other", RELAY)]
    await routing.release_lease(redis, keys, "other")
    kept = await routing.take_lease(redis, keys, "other")
    await routing.release_lease(redis, keys, RELAY)

    assert ["0-0", None, "0-0", None] == [*first, kept]
    assert "0-0" == await routing.take_lease(redis, keys, "other")


async def test_the_lease_runs_out(redis: Redis, keys: Keys) -> None:
    """After five seconds of silence another relay routes; each renewal and each commit begins them anew."""
    await routing.take_lease(redis, keys, RELAY)
    await redis.pexpire(keys.routing_lease, 100)
    await routing.take_lease(redis, keys, RELAY)
    renewed = await redis.pttl(keys.routing_lease)
    await redis.pexpire(keys.routing_lease, 100)
    await commit(redis, keys, await remember(redis, keys, communication(1)), ())

    assert 4500 < renewed <= 5000
    assert 4500 < await redis.pttl(keys.routing_lease) <= 5000


async def test_a_commit(redis: Redis, keys: Keys) -> None:
    """Each endpoint gets its entry with the sequence before, the event its states, the jobs their intents."""
    await add_endpoint(redis, keys, "ep_a")
    await add_endpoint(redis, keys, "ep_b")
    await routing.take_lease(redis, keys, RELAY)
    events = await remember(redis, keys, *(communication(n) for n in range(3)))
    answers = [
        await commit(redis, keys, events[:1], ("ep_a", "ep_b")),
        await commit(redis, keys, events[1:2], ("ep_b",)),
        await commit(redis, keys, events[2:], ("ep_a", "ep_b"), intents=(INTENT,)),
    ]
    cursor, states = await redis.get(keys.routing_cursor), await redis.hgetall(keys.event_deliveries(events[2].id))
    intents: Any = await redis.xrange(keys.intents)
    ((_, intent),) = intents

    assert ["ok", "ok", "ok", events[2].entry_id.encode()] == [*answers, cursor]
    expected = [(events[0].id, "0", "1"), (events[2].id, "1", "1")]
    assert expected == [(entry["i"], entry["p"], entry["n"]) for entry in await waiting(redis, keys, "ep_a")]
    assert ["0", "1", "2"] == [entry["p"] for entry in await waiting(redis, keys, "ep_b")]
    assert {b"ep_a": b"waiting", b"ep_b": b"waiting"} == states
    assert (b"close", b"close-evt_1", b"evt_1") == (intent[b"kind"], intent[b"job"], intent[b"event"])


async def test_what_is_gathered_asks_for_one_job(redis: Redis, keys: Keys) -> None:
    """With its first entry, and after that once a minute at most; the others wait beside it in their order."""
    await routing.take_lease(redis, keys, RELAY)
    events = await remember(redis, keys, *(communication(n) for n in range(4)))
    wanted = msgspec.structs.replace(INTENT, kind="observe", job_id="gather-evt_1", delay=5, arguments='{"author":"a"}')
    answers = []
    for number, event in enumerate(events):
        if number == 2:
            await redis.delete(keys.gather_asked(CONVERSATION, "a"))
        gathering = Gathering("a", f"entry {number}", wanted)
        answers.append(await commit(redis, keys, [event], (), gatherings=(gathering,), intents=(INTENT,)))
    intents: Any = await redis.xrange(keys.intents)
    kinds = [fields[b"kind"] for _, fields in intents]
    kept = await redis.lrange(keys.gathered(CONVERSATION, "a"), 0, 9)

    assert (["ok"] * 4, [b"entry 0", b"entry 1", b"entry 2", b"entry 3"]) == (answers, kept)
    assert [b"close", b"observe", b"close", b"close", b"observe", b"close"] == kinds
    assert (b"5", b'{"author":"a"}') == (intents[1][1][b"delay"], intents[1][1][b"arguments"])
    assert ROUTED_KEPT - 5 < await redis.ttl(keys.gathered(CONVERSATION, "a")) <= ROUTED_KEPT


async def test_without_conversation_no_sequence_was_before(redis: Redis, keys: Keys) -> None:
    """The delivery says so by an empty field, and the first of a conversation by a zero."""
    await add_endpoint(redis, keys, "ep_a")
    await routing.take_lease(redis, keys, RELAY)
    lonely = written("CALL_ENDED", {"id": "x"}, "2026-11-20T14:00:00Z")
    await commit(redis, keys, await remember(redis, keys, lonely, conversation("CLOSED")), ("ep_a",))

    assert ["", "0"] == [entry["p"] for entry in await waiting(redis, keys, "ep_a")]


async def test_a_forgotten_conversation_is_not_made_anew(redis: Redis, keys: Keys) -> None:
    """Routing what was stored long ago leaves no conversation without a life."""
    await add_endpoint(redis, keys, "ep_a")
    await routing.take_lease(redis, keys, RELAY)
    events = await remember(redis, keys, communication(1))
    await redis.delete(keys.conversation(CONVERSATION))

    assert "ok" == await commit(redis, keys, events, ("ep_a",))
    assert 0 == await redis.exists(keys.conversation(CONVERSATION))


async def test_what_an_endpoint_has_from_the_other_source(redis: Redis, keys: Keys) -> None:
    """It is told as skipped, never put anywhere, and no sequence that the next event would seem to miss."""
    await add_endpoint(redis, keys, "ep_a", ordered=True)
    await add_endpoint(redis, keys, "ep_b")
    await routing.take_lease(redis, keys, RELAY)
    events = await remember(redis, keys, *(communication(n) for n in range(3)))
    over = (Target("ep_a", "*", "other_source"), Target("ep_b", "communication.*", "other_source"))
    answers = [await commit(redis, keys, events[:2], over), await commit(redis, keys, events[2:], ("ep_b",))]
    told = await redis.hgetall(keys.event_deliveries(events[0].id))
    untouched = (keys.skipped("ep_a"), keys.ordered("ep_a"), keys.turns("ep_a"), keys.retries, keys.skipped("ep_b"))

    assert ["ok", "ok"] == answers
    assert {
        b"ep_a": b"skipped:other_source", b"ep_b": b"skipped:other_source", b"ep_b:filter": b"communication.*",
    } == told  # fmt: skip
    assert ROUTED_KEPT - 5 < await redis.ttl(keys.event_deliveries(events[0].id)) <= ROUTED_KEPT
    assert [(events[2].id, "0")] == [(entry["i"], entry["p"]) for entry in await waiting(redis, keys, "ep_b")]
    assert (0, []) == (await redis.exists(*untouched), await waiting(redis, keys, "ep_a"))


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [({"relay": "other"}, "lost"), ({"cursor": "5-0"}, "moved"), ({"version": 99}, "endpoints")],
)
async def test_a_refused_commit_writes_nothing(
    redis: Redis, sync_redis: SyncRedis, keys: Keys, wrong: dict[str, Any], expected: str
) -> None:
    """Without the lease, from another place, or for endpoints that have changed, every key stays as it is."""
    await add_endpoint(redis, keys, "ep_a")
    await routing.take_lease(redis, keys, RELAY)
    events = await remember(redis, keys, communication(1))
    before = everything(sync_redis)

    assert expected == await commit(redis, keys, events, ("ep_a",), intents=(INTENT,), **wrong)
    assert before == everything(sync_redis)


@pytest.mark.parametrize("taken", [None, "other"])
async def test_a_relay_whose_lease_ran_out_writes_nothing(
    redis: Redis, sync_redis: SyncRedis, keys: Keys, taken: str | None
) -> None:
    """Whether or not another one has it."""
    await routing.take_lease(redis, keys, RELAY)
    events = await remember(redis, keys, communication(1))
    await redis.delete(keys.routing_lease)
    if taken:
        await routing.take_lease(redis, keys, taken)
    before = everything(sync_redis)

    assert "lost" == await commit(redis, keys, events, (), intents=(INTENT,))
    assert before == everything(sync_redis)


@pytest.mark.parametrize("change", ["add", "remove"])
async def test_a_change_of_endpoints_between_plan_and_commit(redis: Redis, keys: Keys, change: str) -> None:
    """The plan is for a version; a new endpoint is not missed and a removed one gets no stream again."""
    await add_endpoint(redis, keys, "ep_a")
    await routing.take_lease(redis, keys, RELAY)
    events = await remember(redis, keys, communication(1))
    version = (await endpoints.listing(redis, keys)).version
    if change == "add":
        await add_endpoint(redis, keys, "ep_b")
    else:
        await endpoints.remove(redis, keys, "ep_a")

    assert "endpoints" == await commit(redis, keys, events, ("ep_a",), version=version)
    assert (1 if change == "add" else 0) == await redis.exists(keys.deliveries("ep_a"))


async def test_a_commit_announces_what_has_grown(redis: Redis, keys: Keys) -> None:
    """On the channel, once, each endpoint by its name."""
    for name in ("ep_a", "ep_b", "ep_c"):
        await add_endpoint(redis, keys, name)
    async with redis.pubsub(ignore_subscribe_messages=True) as channel:
        await channel.subscribe(keys.ready)
        await channel.get_message(timeout=1)
        await route(redis, keys, 3, ("ep_a", "ep_c"))
        message = await channel.get_message(timeout=1)

    assert message
    assert ["ep_a", "ep_c"] == sorted(message["data"].decode().split())


async def test_events_are_read_behind_the_cursor(redis: Redis, keys: Keys) -> None:
    """At most so many, in their order, none when there are none."""
    events = await remember(redis, keys, *(communication(n) for n in range(5)))

    assert events[2:4] == await routing.read(redis, keys, events[1].entry_id, count=2, block=0.01)
    assert [] == await routing.read(redis, keys, events[4].entry_id, count=2, block=0.01)
