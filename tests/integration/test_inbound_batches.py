"""Batches of Event Streams: each entry by itself, the good ones stored, the bad ones kept."""

import json
import time

import pytest
from redis import Redis

from service.store.keys import Keys
from service.web.batches import MOST_KEPT
from tests.hermetic_settings import hermetic_settings
from tests.inbound_requests import signed_json
from tests.real_receiver import RealReceiver, running_receiver
from tests.real_redis import Away, RealRedis, killed, stopped
from tests.stored_events import entries, stored_events
from tests.twilio_callbacks import ACCOUNT, OTHER_ACCOUNT, Signed

STREAMS = "/twilio/eventstreams"


def cloud_event(number: int, **more: object) -> dict[str, object]:
    """Return a CloudEvent; the number tells one from another."""
    data = {"AccountSid": ACCOUNT, "MessageSid": f"SM{number:032d}"}
    held = {"specversion": "1.0", "id": f"EZ{number:032d}", "type": "com.twilio.messaging.message.sent"}
    return {**held, "source": "/x", "time": "2026-11-20T14:06:01.000Z", "data": data, **more}


def batch(*entries: object) -> Signed:
    """Return a signed batch."""
    return signed_json(STREAMS, json.dumps(entries).encode())


BAD = {
    "a number": 1,
    "nothing": None,
    "no id": {"type": "com.twilio.x", "data": {}},
    "an empty id": cloud_event(9, id=""),
    "a long id": cloud_event(9, id="x" * 129),
    "a type that is no name": cloud_event(9, type="two words"),
    "another account's": cloud_event(9, data={"AccountSid": OTHER_ACCOUNT}),
    "another account's by its source": cloud_event(9, data={}, source=OTHER_ACCOUNT),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_one_bad_entry_does_not_lose_the_others(
    receiver: RealReceiver, sync_redis: Redis, keys: Keys, bad: object
) -> None:
    """200, the good ones are stored in their order, and the bad one is kept as it came."""
    answer = receiver.send(batch(cloud_event(1), bad, cloud_event(2)))
    (kept,) = entries(sync_redis, keys.malformed)

    assert (200, b"") == (answer.status_code, answer.content)
    assert [cloud_event(1), cloud_event(2)] == [json.loads(event.data) for event in stored_events(sync_redis, keys)]
    assert (bad, STREAMS.encode()) == (json.loads(kept[b"body"]), kept[b"route"])


@pytest.mark.parametrize(("entries_", "kept"), [([], 0), ([1], 1), ([1] * (MOST_KEPT + 50), MOST_KEPT)])
def test_a_batch_without_an_event(
    receiver: RealReceiver, sync_redis: Redis, keys: Keys, entries_: list[object], kept: int
) -> None:
    """200, since the batch will not get better by coming again; of very many bad entries the first are kept."""
    answer = receiver.send(batch(*entries_))

    assert (200, b"") == (answer.status_code, answer.content)
    assert ([], kept) == (stored_events(sync_redis, keys), sync_redis.xlen(keys.malformed))


def test_a_batch_is_taken_whole_or_comes_again(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """One that Redis does not take is 503 for the batch; when it comes again the others are recognised."""
    wrong = cloud_event(2, data={"ConversationSid": "CH" + "2" * 32})
    sync_redis.set(keys.resource("CH" + "2" * 32), "not a hash")
    first = receiver.send(batch(cloud_event(1), wrong, cloud_event(3))).status_code
    sync_redis.delete(keys.resource("CH" + "2" * 32))
    again = receiver.send(batch(cloud_event(1), wrong, cloud_event(3))).status_code
    ids = [json.loads(event.data)["id"][-1] for event in stored_events(sync_redis, keys)]

    assert (503, 200, ["1", "3", "2"]) == (first, again, ids)


@pytest.mark.parametrize("away", [killed, stopped])
def test_a_batch_without_redis(own_redis: RealRedis, away: Away) -> None:
    """503, whether its entries are good or bad: Event Streams will send it again for hours."""
    with running_receiver(hermetic_settings(own_redis.url)) as receiver, away(own_redis):
        statuses = [receiver.send(batch(entry)).status_code for entry in (cloud_event(1), 1)]

    assert [503, 503] == statuses


def test_a_batch_that_is_older_than_the_log(sync_redis: Redis, redis_url: str, keys: Keys) -> None:
    """Its old events are refused, and only where all are old is it 403."""
    now = time.time()
    old, new = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - age)) for age in (3700, 3500))
    with running_receiver(hermetic_settings(redis_url, event_retention=3600)) as receiver:
        mixed = receiver.send(batch(cloud_event(1, time=old), cloud_event(2, time=new))).status_code
        alone = receiver.send(batch(cloud_event(1, time=old))).status_code

    assert (200, 403) == (mixed, alone)
    assert [cloud_event(2, time=new)] == [json.loads(event.data) for event in stored_events(sync_redis, keys)]


def test_an_unproven_batch_is_not_kept(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """Not even its unreadable entries."""
    request = batch(1, cloud_event(1))
    answer = receiver.send(Signed(request.target, request.body + b" ", request.headers))

    assert (403, 0) == (answer.status_code, sync_redis.exists(keys.events, keys.malformed))
