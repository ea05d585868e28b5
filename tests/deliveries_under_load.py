"""The whole service with subscribers that can fail, for as many callbacks as a test wants to send.

Redis is asked, and told to hurry, by its socket: what would take minutes by the schedule need not take them here.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from redis import Redis
from redis.exceptions import RedisError

from tests.callback_series import Callback, conversation_id
from tests.house_under_load import ADMIN_TOKEN, House, running_house
from tests.steady_sender import Sender, sending
from tests.twilio_callbacks import communication, conversation, signed
from tests.unreliable_subscriber import Subscribers, unreliable_subscribers

NO_TWILIO = "http://127.0.0.1:9"
RETRIES, PAUSED = "ce:retries", "ce:paused"


class DeliveriesUnderLoad:
    """The parts; `folder` is where the service keeps its data."""

    def __init__(self, house: House, subscribers: Subscribers, folder: Path) -> None:
        self.house, self.subscribers = house, subscribers
        self._redis_url = f"unix://{(folder / 'data').resolve()}/redis.sock"

    def subscribe(self, subscriber: str, **members: object) -> str:
        """Make an endpoint that leads to a subscriber, and return its id."""
        answer = httpx.post(
            f"{self.house.admin}/api/endpoints",
            json={"url": f"{self.subscribers.url}/{subscriber}", **members},
            headers={"authorization": f"Bearer {ADMIN_TOKEN}"},
            trust_env=False,
        )
        assert 201 == answer.status_code, answer.text
        made: str = answer.json()["id"]
        return made

    @contextmanager
    def sending(self, callbacks: Sequence[Callback]) -> Iterator[Sender]:
        """Send callbacks until the block ends."""
        with sending(self.house.receiver, callbacks) as sender:
            yield sender

    @contextmanager
    def redis(self) -> Iterator[Redis]:
        """Open a connection to the service's Redis."""
        with Redis.from_url(self._redis_url) as redis:
            yield redis

    def paused(self, endpoint_id: str) -> bool:
        """Return whether an endpoint's breaker is open."""
        with self.redis() as redis:
            return redis.zscore(PAUSED, endpoint_id) is not None

    def end_pause(self, endpoint_id: str) -> None:
        """Let the pause of an endpoint be over."""
        with self.redis() as redis:
            redis.zadd(PAUSED, {endpoint_id: 1}, xx=True)

    @contextmanager
    def hurrying(self, every: float = 1.0) -> Iterator[None]:
        """Let retries be due after `every` seconds at most, until the block ends."""
        ended = threading.Event()

        def hurry() -> None:
            while not ended.wait(every):
                with suppress(RedisError, OSError), self.redis() as redis:
                    waiting: Any = redis.zrange(RETRIES, 0, -1)
                    if waiting:
                        redis.zadd(RETRIES, dict.fromkeys(waiting, 1), xx=True)

        thread = threading.Thread(target=hurry, name="hurry", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def lags(self) -> dict[str, int]:
        """Return how many deliveries wait for each endpoint, as the service says; {} where it says nothing now."""
        return {each["id"]: each["lag"]["count"] for each in self.house.stats().get("endpoints", ())}


def message(number: int, conversation_number: int, due: float) -> Callback:
    """Return a message of a conversation; its number stands in its text."""
    named = conversation_id(conversation_number)
    return Callback(number, named, None, due, signed(communication(number, conversation_id=named)))


def change(number: int, conversation_number: int, due: float) -> Callback:
    """Return a change of a conversation; its number stands in its name."""
    named, at = conversation_id(conversation_number), datetime.now(UTC).isoformat().replace("+00:00", "Z")
    body = conversation("ACTIVE", at, conversation_id=named, name=f"Text {number}")
    return Callback(number, named, "ACTIVE", due, signed(body))


def until(seconds: float, began: float) -> None:
    """Return so many seconds after a moment (`time.monotonic`); at once where that is over."""
    time.sleep(max(0.0, began + seconds - time.monotonic()))


@contextmanager
def deliveries_under_load() -> Iterator[DeliveriesUnderLoad]:
    """Run everything on free ports of the loopback until the block ends."""
    # Not pytest's folder: a unix socket's path may hold about 100 bytes.
    with TemporaryDirectory(prefix="ce-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with unreliable_subscribers(folder) as subscribers, running_house(folder, NO_TWILIO) as house:
            yield DeliveriesUnderLoad(house, subscribers, folder)
