"""How fast all processes together call Twilio: a bucket in Redis, and holds that one answer puts on all."""

import pytest
from redis import Redis

from service.store import api_limits
from service.store.api_limits import Rate, held, slow_down, take
from service.store.keys import Keys
from service.twilio.errors import ThrottledError
from service.twilio.shared_pace import SharedPace
from workers.jobs.connections import connect

ACCOUNT, API = "AC53e4e706acb51cfb57177c0f426582ae", "memory"
SLOW = Rate(per_second=2, saved_up=3)


def taken(redis: Redis, keys: Keys, longest: float = 5.0, account: str = ACCOUNT, api: str = API) -> float:
    """Take a place in a bucket of two calls a second, three of which are saved up."""
    return take(redis, keys, account, api, longest=longest, rate=SLOW)


def later(redis: Redis, keys: Keys, seconds: float) -> None:
    """Let so much time have passed since the bucket was looked into."""
    key = keys.api_bucket(ACCOUNT, API)
    for name in ("at", "held"):
        if redis.hexists(key, name):
            redis.hincrby(key, name, -int(seconds * 1000))


def test_some_go_at_once_and_then_each_waits_its_turn(sync_redis: Redis, keys: Keys) -> None:
    """Who waits has a place, so that the next one's is behind it."""
    waits = [taken(sync_redis, keys) for _ in range(6)]
    later(sync_redis, keys, 60)

    assert [0, 0, 0, 0.5, 1.0, 1.5] == pytest.approx(waits, abs=0.1)
    assert [0, 0, 0, 0.5] == pytest.approx([taken(sync_redis, keys) for _ in range(4)], abs=0.1)


def test_a_place_that_comes_too_late_is_not_taken(sync_redis: Redis, keys: Keys) -> None:
    """Whoever is told so goes away, and costs those behind it nothing."""
    for _ in range(3):
        taken(sync_redis, keys)
    waits = [taken(sync_redis, keys, longest=0.2) for _ in range(5)]

    assert [0.5] * 5 == pytest.approx(waits, abs=0.1)
    assert 0.5 == pytest.approx(taken(sync_redis, keys), abs=0.1)


def test_accounts_and_apis_have_buckets_of_their_own(sync_redis: Redis, keys: Keys) -> None:
    """What one spends the other has."""
    for _ in range(3):
        taken(sync_redis, keys)
    slow_down(sync_redis, keys, ACCOUNT, API, 60)

    assert [0, 0] == [taken(sync_redis, keys, account="AC2"), taken(sync_redis, keys, api="classic")]


def test_two_processes_share_a_bucket(sync_redis: Redis, redis_url: str, keys: Keys) -> None:
    """Together they get what one would get, also after Redis has lost the script."""
    with connect(redis_url) as other:
        first = [taken(redis, keys) for redis in (sync_redis, other, sync_redis)]
        sync_redis.script_flush()
        then = taken(other, keys)

    assert [0, 0, 0, 0.5] == pytest.approx([*first, then], abs=0.1)


def test_a_hint_holds_everybody(sync_redis: Redis, keys: Keys) -> None:
    """For as long as Twilio said; afterwards the calls come one by one, for nothing was saved up."""
    hold = slow_down(sync_redis, keys, ACCOUNT, API, 4)
    during = [taken(sync_redis, keys), taken(sync_redis, keys, longest=1), held(sync_redis, keys, ACCOUNT, API)]
    later(sync_redis, keys, 10)

    assert [4, 4, 4, 4] == pytest.approx([hold, *during], abs=0.2)
    assert 0 == held(sync_redis, keys, ACCOUNT, API)


def test_a_shorter_hint_does_not_shorten_a_hold(sync_redis: Redis, keys: Keys) -> None:
    """The longest of them counts."""
    slow_down(sync_redis, keys, ACCOUNT, API, 60)

    assert 60 == pytest.approx(slow_down(sync_redis, keys, ACCOUNT, API, 1), abs=0.2)


def test_one_odd_hint_does_not_silence_us_for_a_day(sync_redis: Redis, keys: Keys) -> None:
    """It is cut for all; whoever got it may wait as long as it likes."""
    assert api_limits.LONGEST_HOLD == pytest.approx(slow_down(sync_redis, keys, ACCOUNT, API, 86400), abs=0.2)


def test_without_a_hint_each_pause_that_was_too_short_is_doubled(sync_redis: Redis, keys: Keys) -> None:
    """From a tenth of a second to thirty; one that was long enough begins anew."""
    pauses = []
    for _ in range(11):
        pauses.append(slow_down(sync_redis, keys, ACCOUNT, API, None))
        later(sync_redis, keys, pauses[-1] + 0.01)
    later(sync_redis, keys, 61)
    pauses.append(slow_down(sync_redis, keys, ACCOUNT, API, None))

    assert [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30, 0.1] == pytest.approx(pauses, abs=0.05)


@pytest.mark.parametrize(("calls", "pause"), [(9, 0.2), (10, 0.1)])
def test_calls_that_went_through_show_that_a_pause_was_long_enough(
    sync_redis: Redis, keys: Keys, calls: int, pause: float
) -> None:
    """However soon the next 429 comes: one in many must not bring everybody to a halt."""
    slow_down(sync_redis, keys, ACCOUNT, API, None)
    later(sync_redis, keys, 0.11)
    for _ in range(calls):
        taken(sync_redis, keys)

    assert pause == pytest.approx(slow_down(sync_redis, keys, ACCOUNT, API, None), abs=0.05)


def test_answers_of_the_same_moment_count_once(sync_redis: Redis, keys: Keys) -> None:
    """Many calls were under way when the hold began; each of them is refused."""
    pauses = [slow_down(sync_redis, keys, ACCOUNT, API, None) for _ in range(20)]

    assert [0.1] * 20 == pytest.approx(pauses, abs=0.1)
    assert max(pauses) <= 0.1


def test_a_bucket_is_forgotten(sync_redis: Redis, keys: Keys) -> None:
    """Ten minutes after its last use, or after its hold: then a new one is the same."""
    taken(sync_redis, keys)
    used = sync_redis.pttl(keys.api_bucket(ACCOUNT, API)) / 1000
    slow_down(sync_redis, keys, ACCOUNT, API, 200)

    assert [600, 800] == pytest.approx([used, sync_redis.pttl(keys.api_bucket(ACCOUNT, API)) / 1000], abs=1)


def test_the_pace_waits_for_its_place(sync_redis: Redis, keys: Keys) -> None:
    """And not at all while there are places left."""
    slept: list[float] = []
    pace = SharedPace(sync_redis, keys, ACCOUNT, "intelligence", slept.append)
    rate = api_limits.RATES["intelligence"]
    for _ in range(int(rate.saved_up)):
        take(sync_redis, keys, ACCOUNT, "intelligence", rate=Rate(0.001, rate.saved_up))
    pace.wait()

    assert 1 == len(slept)
    assert 0 < slept[0] <= 1 / rate.per_second + 0.01


def test_the_pace_waits_out_a_hold_that_began_meanwhile(sync_redis: Redis, keys: Keys) -> None:
    """Somebody was told to slow down while we slept: we do, too."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        later(sync_redis, keys, seconds)
        if len(slept) == 1:
            slow_down(sync_redis, keys, ACCOUNT, API, 2)

    slow_down(sync_redis, keys, ACCOUNT, API, 1)
    SharedPace(sync_redis, keys, ACCOUNT, API, sleep).wait()

    assert [1, 2] == pytest.approx(slept[:2], abs=0.1)


def test_a_call_that_would_wait_too_long_is_not_made(sync_redis: Redis, keys: Keys) -> None:
    """A worker does not sleep through a long hold: the job is told when to come back, and that nothing was sent."""
    slept: list[float] = []
    pace = SharedPace(sync_redis, keys, ACCOUNT, API, slept.append)
    pace.slow_down(40)
    with pytest.raises(ThrottledError) as caught:
        pace.wait()

    assert ([], False) == (slept, caught.value.sent)
    assert 40 == pytest.approx(caught.value.retry_after, abs=0.2)


def test_without_redis_calls_go_unpaced(keys: Keys) -> None:
    """Politeness is worth less than the job in hand."""
    slept: list[float] = []
    with connect("redis://127.0.0.1:1/0") as redis:
        pace = SharedPace(redis, keys, ACCOUNT, API, slept.append)
        pace.wait()
        pace.slow_down(None)

    assert [] == slept
