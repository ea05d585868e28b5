"""The pace of one of Twilio's APIs, which all processes keep together through Redis."""

import time
from collections.abc import Callable

import structlog
from redis import Redis
from redis.exceptions import RedisError

from service.store import api_limits
from service.store.keys import Keys
from service.twilio.errors import ThrottledError

log = structlog.get_logger()


class SharedPace:
    """A `Pace`. Redis being away stops no call: politeness is worth less than the job."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        account: str,
        api: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`sleep` takes seconds; tests have their own."""
        self._redis, self._keys, self._account, self._api = redis, keys, account, api
        self._sleep = sleep

    def wait(self) -> None:
        """Return when the next call may go. Raises ThrottledError where that would be later than LONGEST_WAIT."""
        try:
            wait = self._waited()
        except RedisError as error:
            log.warning("twilio.unpaced", api=self._api, error=type(error).__name__)
            return
        if wait > 0:
            raise ThrottledError(f"calls to {self._api} are held back", retry_after=wait, sent=False)

    def _waited(self) -> float:
        """Return the seconds that are still to be waited: 0, or more than one may wait here."""
        left = api_limits.LONGEST_WAIT
        wait = api_limits.take(self._redis, self._keys, self._account, self._api, longest=left)
        while 0 < wait <= left:
            self._sleep(wait)
            left -= wait
            # Somebody may have been told to slow down meanwhile.
            wait = api_limits.held(self._redis, self._keys, self._account, self._api)
        return wait

    def slow_down(self, seconds: float | None) -> None:
        """Hold the API for all processes: for so many seconds, or for longer each time where Twilio does not say."""
        try:
            pause = api_limits.slow_down(self._redis, self._keys, self._account, self._api, seconds)
        except RedisError as error:
            log.warning("twilio.unpaced", api=self._api, error=type(error).__name__)
            return
        log.warning("twilio.slowed_down", api=self._api, seconds=round(pause, 3))
