"""Sending callbacks, signed as Twilio's are, and losing, repeating or holding them back on demand.

Callbacks of one conversation are sent one after the other, so that what arrives in another order does so by a fault
that was asked for and is on record.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from service.simulator.ledger import Ledger, Sent, fate_of
from service.simulator.story import Story
from service.simulator.world.callback import Callback
from service.simulator.world.world import World
from service.tasks import cancelled
from service.twilio.signature import sign, sign_json_url

IN_FLIGHT = 64
"""Callbacks at once."""


@dataclass(frozen=True, slots=True)
class Sending:
    """The auth token; the base URL that Twilio was given, and the one behind it to which requests really go.

    A callback that is not taken is tried `retries` times more, `pause` seconds apart, for `window` seconds in all. One
    that is held back waits until another of its conversation has overtaken it, or for `held_back` seconds.
    """

    token: str = field(repr=False)
    public: str = ""
    actual: str = ""
    retries: int = 5
    pause: float = 1.0
    window: float = 15.0
    held_back: float = 2.0

    def target(self, url: str) -> str:
        """Return where a request for a URL goes."""
        plain = url.partition("#")[0]
        return self.actual + plain.removeprefix(self.public) if plain.startswith(self.public) else plain


class Outbox:
    """Sends what the world tells."""

    def __init__(
        self, http: aiohttp.ClientSession, sending: Sending, world: World, ledger: Ledger, story: Story
    ) -> None:
        """The session is the caller's to close."""
        self._http, self._sending, self._world, self._ledger, self._story = http, sending, world, ledger, story
        self._lines: dict[str, deque[tuple[Callback, Sent]]] = {}
        self._overtaken: dict[str, list[asyncio.Event]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(IN_FLIGHT)

    @property
    def waiting(self) -> int:
        """How many lines of callbacks are still being sent."""
        return len(self._tasks)

    def post(self) -> None:
        """Take what the world tells, and begin to send it."""
        for callback in self._world.outgoing.take():
            record = self._ledger.callback(callback)
            fault = self._world.faults.of_callback(self._world.birth.seed, callback.token)
            if fault == "lose":
                self._ledger.decide(record, "lost")
                self._tell(callback, "lost on demand", good=False)
            elif fault == "reorder":
                self._hold(callback, record)
            else:
                self._line_up(callback, record)

    async def stop(self) -> None:
        """Give up what is under way."""
        await cancelled(list(self._tasks))

    def _line_up(self, callback: Callback, record: Sent) -> None:
        line = self._lines.get(callback.order)
        if line is not None:
            line.append((callback, record))
            return
        self._lines[callback.order] = deque([(callback, record)])
        self._begin(self._send_line(callback.order))

    def _hold(self, callback: Callback, record: Sent) -> None:
        record.held_back = True
        self._ledger.held_back += 1
        overtaken = asyncio.Event()
        self._overtaken.setdefault(callback.order, []).append(overtaken)
        self._begin(self._send_late(callback, record, overtaken))

    def _begin(self, what: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_line(self, order: str) -> None:
        line = self._lines[order]
        try:
            while line:
                await self._send(*line.popleft())
                for event in self._overtaken.pop(order, []):
                    event.set()
        finally:
            del self._lines[order]

    async def _send_late(self, callback: Callback, record: Sent, overtaken: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._sending.held_back):
                await overtaken.wait()
        except TimeoutError:
            pass
        await self._send(callback, record)

    async def _send(self, callback: Callback, record: Sent) -> None:
        url, body, headers = self._signed(callback)
        repeat = self._world.faults.of_callback(self._world.birth.seed, callback.token) == "repeat"
        await self._try(callback, record.attempts, url, body, headers)
        self._ledger.decide(record, fate_of(record.attempts))
        if repeat and record.fate == "taken":
            self._ledger.repeated += 1
            record.repeats.append(await self._attempt(url, body, headers, self._sending.window))
            self._tell(callback, f"{record.repeats[-1]}, repeated on demand", good=True)

    async def _try(
        self, callback: Callback, attempts: list[str], url: str, body: bytes, headers: dict[str, str]
    ) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._sending.window
        while True:
            attempts.append(await self._attempt(url, body, headers, until - loop.time()))
            taken = attempts[-1].startswith("2")
            self._tell(callback, attempts[-1], good=taken)
            if taken or len(attempts) > self._sending.retries or loop.time() + self._sending.pause >= until:
                return
            await asyncio.sleep(self._sending.pause)

    async def _attempt(self, url: str, body: bytes, headers: dict[str, str], seconds: float) -> str:
        timeout = aiohttp.ClientTimeout(total=max(seconds, 0.1))
        async with self._slots:
            self._ledger.attempts += 1
            try:
                # Encoded already: another spelling of the URL would not be the one that was signed.
                target = URL(self._sending.target(url), encoded=True)
                async with self._http.post(
                    target, data=body, headers=headers, timeout=timeout, allow_redirects=False
                ) as answer:
                    await answer.read()
                    return f"{answer.status} {answer.reason}"
            except (aiohttp.ClientError, OSError, ValueError) as error:
                return type(error).__name__

    def _signed(self, callback: Callback) -> tuple[str, bytes, dict[str, str]]:
        token = {"I-Twilio-Idempotency-Token": callback.token}
        if callback.pairs is None:
            url, signature = sign_json_url(self._sending.token, callback.url, callback.body)
            return url, callback.body, {"Content-Type": "application/json", "X-Twilio-Signature": signature, **token}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": sign(self._sending.token, callback.url, callback.pairs),
        }
        return callback.url, urlencode(callback.pairs).encode(), {**headers, **token}

    def _tell(self, callback: Callback, result: str, *, good: bool) -> None:
        about = callback.conversation_id or callback.resource_id
        self._story.tell("Twilio → receiver", callback.kind, about, result, good=good)
