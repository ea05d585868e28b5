"""How fast all processes together call Twilio: a bucket for each account and API, and holds that one 429 puts on all.

Twilio publishes no rates for these APIs, so the ones here are guesses on the polite side of what the jobs need.
"""

from collections.abc import Mapping

import msgspec
from redis import Redis

from service.store.client import Argument, run_sync, script
from service.store.keys import Keys


class Rate(msgspec.Struct, frozen=True):
    """Calls a second, and how many may be saved up while nobody calls."""

    per_second: float
    saved_up: float


RATES: Mapping[str, Rate] = {
    "conversations": Rate(100, 100),
    "memory": Rate(50, 50),
    "intelligence": Rate(20, 20),
    "classic": Rate(50, 50),
}
"""What each API is asked at most. A close takes four calls of `conversations`."""
LONGEST_WAIT = 5.0
"""Seconds that a caller waits for its place; beyond that the call is better tried later."""
FIRST_PAUSE = 0.1
"""Seconds of a hold where Twilio does not say; each that proves too short is followed by one twice as long."""
LONGEST_PAUSE = 30.0
"""Seconds of the longest such hold."""
LONGEST_HOLD = 300.0
"""Seconds; one odd answer must not silence us for a day. The job that got it keeps to its own hint."""
QUIET = 0.25
"""Seconds without a 429 after a hold, and at least twice its length, that show it was long enough."""
ENOUGH = 10
"""Calls that went through after a hold, which show the same: a 429 now and then is none that doubles the next pause."""


def take(
    redis: Redis, keys: Keys, account: str, api: str, *, longest: float = LONGEST_WAIT, rate: Rate | None = None
) -> float:
    """Return the seconds after which one call may go (0: at once).

    Its place is taken, unless that is more than `longest`: then nothing is, and the call should be tried later.
    Raises redis.exceptions.RedisError.
    """
    limit = rate or RATES[api]
    wait = _run(
        redis, "api_take", keys.api_bucket(account, api), limit.per_second, limit.saved_up, _ms(longest), 1
    )  # fmt: skip
    return wait / 1000


def held(redis: Redis, keys: Keys, account: str, api: str) -> float:
    """Return the seconds for which an API is held after a 429 (0: not at all). Raises redis.exceptions.RedisError."""
    limit = RATES[api]
    return _run(redis, "api_take", keys.api_bucket(account, api), limit.per_second, limit.saved_up, 0, 0) / 1000


def slow_down(redis: Redis, keys: Keys, account: str, api: str, seconds: float | None) -> float:
    """Hold an API for all processes and return for how many seconds. `seconds` is Twilio's `Retry-After`, or None.

    Raises redis.exceptions.RedisError.
    """
    asked = -1 if seconds is None else _ms(seconds)
    times = map(_ms, (FIRST_PAUSE, LONGEST_PAUSE, LONGEST_HOLD, QUIET))
    return _run(redis, "api_slow_down", keys.api_bucket(account, api), asked, *times, ENOUGH) / 1000


def _run(redis: Redis, name: str, key: str, *args: Argument) -> int:
    return int(run_sync(redis, script(name), (key,), args))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
