"""A sender that behaves as Twilio does: at its own pace, whatever the answers are; what gets no 2xx is sent again.

Runs in a thread of whoever uses it. Times are `time.monotonic`, which is one clock for all processes of a machine.
"""

import asyncio
import heapq
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import aiohttp
from yarl import URL

from tests.callback_series import Callback

CONNECTIONS = 12
PATIENCE = 15.0
"""Seconds for one answer: the longest that Twilio waits."""
PAUSE = 0.5
"""Seconds before a callback is sent again."""
MOST_TRIES = 40
TICK = 0.005
"""Seconds between looks at what is due."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A callback that was answered with 2xx: when the try that succeeded was sent, and when its answer came."""

    sent: float
    at: float
    tries: int


class Sender:
    """What became of the callbacks, by their numbers.

    `refusals` counts all other answers; `cut` stands for a connection that ended, `none` for one that just stayed
    silent. `longest` is the longest time to any of these. `given_up` got no 2xx however often they were sent.
    """

    def __init__(self, url: str, series: Sequence[Callback], more: Callable[[float], Sequence[Callback]]) -> None:
        """`more(seconds since the beginning)` is asked at each tick for callbacks that have come up meanwhile."""
        self.callbacks = {each.number: each for each in series}
        self.accepted: dict[int, Accepted] = {}
        self.given_up: set[int] = set()
        self.refusals: Counter[str] = Counter()
        self.longest = 0.0
        self.began = time.monotonic()
        self._url, self._more = url, more
        self._waiting = [(each.due, each.number, 1) for each in series]
        heapq.heapify(self._waiting)
        self._ended = threading.Event()

    @property
    def idle(self) -> bool:
        """Whether every callback so far has been accepted or given up."""
        return len(self.accepted) + len(self.given_up) == len(self.callbacks)

    def run(self) -> None:
        """Send until `end` is called."""
        asyncio.run(self._run())

    def end(self) -> None:
        """Send nothing more."""
        self._ended.set()

    async def _run(self) -> None:
        ready: asyncio.Queue[tuple[Callback, int]] = asyncio.Queue()
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            connections = [asyncio.create_task(self._connection(http, ready)) for _ in range(CONNECTIONS)]
            while not self._ended.is_set():
                self._look(ready)
                await asyncio.sleep(TICK)
            for connection in connections:
                connection.cancel()
            await asyncio.gather(*connections, return_exceptions=True)

    def _look(self, ready: asyncio.Queue[tuple[Callback, int]]) -> None:
        now = time.monotonic() - self.began
        for each in self._more(now):
            self.callbacks[each.number] = each
            heapq.heappush(self._waiting, (each.due, each.number, 1))
        while self._waiting and self._waiting[0][0] <= now:
            _, number, tries = heapq.heappop(self._waiting)
            ready.put_nowait((self.callbacks[number], tries))

    async def _connection(self, http: aiohttp.ClientSession, ready: asyncio.Queue[tuple[Callback, int]]) -> None:
        while True:
            callback, tries = await ready.get()
            sent = time.monotonic()
            status = await self._post(http, callback)
            self.longest = max(self.longest, time.monotonic() - sent)
            if status.startswith("2"):
                self.accepted[callback.number] = Accepted(sent, time.monotonic(), tries)
                continue
            self.refusals[status] += 1
            if tries == MOST_TRIES:
                self.given_up.add(callback.number)
            else:
                due = time.monotonic() - self.began + PAUSE
                heapq.heappush(self._waiting, (due, callback.number, tries + 1))

    async def _post(self, http: aiohttp.ClientSession, callback: Callback) -> str:
        url = URL(self._url + callback.request.target, encoded=True)
        try:
            async with http.post(url, data=callback.request.body, headers=callback.request.headers) as answer:
                await answer.read()
                return str(answer.status)
        except TimeoutError:
            return "none"
        except (aiohttp.ClientError, OSError):
            return "cut"


@contextmanager
def sending(
    url: str, series: Sequence[Callback], more: Callable[[float], Sequence[Callback]] = lambda _: ()
) -> Iterator[Sender]:
    """Send a series to the service with this URL until the block ends."""
    sender = Sender(url, series, more)
    thread = threading.Thread(target=sender.run, name="sender", daemon=True)
    thread.start()
    try:
        yield sender
    finally:
        sender.end()
        thread.join(timeout=5)
