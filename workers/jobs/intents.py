"""Reading the intents: what routing decided, and what the admin API was asked for.

All dispatchers share one consumer of one group. Which of them read an entry is of no matter: the script that takes
the intent away lets only one of them make the job, and an entry that nobody took in time is read again by any.
"""

from typing import Any

import structlog
from redis import Redis
from redis.exceptions import ResponseError

from service.store.jobs import GROUP, Intent, as_text, intent_of
from service.store.keys import Keys

log = structlog.get_logger()

CONSUMER = "dispatcher"
MOST = 100
"""Intents read at once."""
LEFT_BEHIND = 5.0
"""Seconds after which an intent that was read and not taken is read again: its reader has died."""

Entries = list[tuple[str, Intent]]


class Intents:
    """The stream of intents, read for good."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._stream = keys.intents

    def prepare(self) -> None:
        """Make sure that stream and group exist."""
        try:
            self._redis.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    def wait(self, seconds: float) -> Entries:
        """Return new intents with their entry ids, as soon as there are any; none after so many seconds."""
        # BLOCK 0 would wait for ever.
        block = max(1, int(seconds * 1000))
        reply: Any = self._redis.xreadgroup(GROUP, CONSUMER, {self._stream: ">"}, count=MOST, block=block)
        return _readable(reply[0][1]) if reply else []

    def left_behind(self) -> Entries:
        """Return intents that somebody read and did not take."""
        reply: Any = self._redis.xautoclaim(self._stream, GROUP, CONSUMER, int(LEFT_BEHIND * 1000), count=MOST)
        return _readable(reply[1])


def _readable(entries: list[tuple[bytes, dict[bytes, bytes] | None]]) -> Entries:
    found: Entries = []
    for entry_id, fields in entries:
        wanted = intent_of(as_text(entry_id), fields) if fields else None
        if wanted is not None:
            found.append((as_text(entry_id), wanted))
        elif fields:
            # Left in the stream: a worker of a later version can read it, and a person can see it.
            log.warning("intent.unreadable", entry=as_text(entry_id))
    return found
