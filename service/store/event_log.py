"""The event log: appends that are written together as they come, and answered when Redis has them on disk.

Group commit: all appends share one connection and are written in small groups without waiting for earlier answers, so
that Redis works while we do, and one fsync of its serves whatever came meanwhile. A failing append fails alone; a lost
connection fails all that are on their way, and each caller answers 503.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from service.events.correlation import ADDRESSES
from service.events.event import SCHEMA, Event
from service.events.times import fixed_width, from_milliseconds
from service.store.client import Argument, script
from service.store.keys import Keys
from service.store.line import Command, Line

GROUP = 8
"""Appends that are sent at once in the middle of a burst; fewer are sent at its end."""
LONGEST_WAIT = 2.0
"""Seconds after which a group that has not been answered counts as failed, with all that wait behind it."""
HORIZON_LIFE = 0.5
"""Seconds for which the log's horizon is not computed anew."""
OPEN_CONVERSATION_LIFE = 90 * 86400
"""Seconds that an open conversation is remembered after its last event (never less than the log)."""


class StorageUnavailableError(Exception):
    """Redis did not confirm the append. It may or may not be stored; a repetition will be recognised."""


class Appended(msgspec.Struct, frozen=True):
    """What became of an append: stored under `entry_id` as the conversation's `sequence`-th, or not.

    `conversation_id` is the event's own, or the one that its names are known by; a duplicate is not looked up. `late`:
    an already stored state had overtaken it.
    """

    outcome: Literal["stored", "duplicate", "stale"]
    entry_id: str | None
    sequence: int | None
    conversation_id: str | None = None
    late: bool = False


Call = tuple[tuple[str, ...], tuple[Argument, ...]]
Waiting = tuple[Call, asyncio.Future["Appended"]]


class Sent(NamedTuple):
    """Appends that are sent and not answered.

    `replies` come for them, of which the first `skip` are passed over, until `deadline` on the loop's clock.
    """

    group: list[Waiting]
    skip: int
    replies: int
    deadline: float


_HOUR = len("2026-11-20T14")
_OUTCOMES: dict[int, Literal["stored", "duplicate", "stale"]] = {1: "stored", 0: "duplicate", -1: "stale"}


def horizon(retention: int, now: float) -> str:
    """Return the fixed-width time before which events are older than the log; both in seconds, `now` since 1970."""
    return fixed_width(from_milliseconds(int((now - retention) * 1000))) or ""


def append_call(event: Event, keys: Keys, retention: int, oldest: str) -> Call:
    """Return keys and arguments of the append script for one event; `retention` in seconds, `oldest`: see horizon."""
    older = "1" if event.occurred is not None and event.occurred < oldest else ""
    names: tuple[str, ...] = (keys.events, keys.event(event.id), keys.stats)
    if event.conversation_id:
        names += (keys.conversation(event.conversation_id), keys.conversation_events(event.conversation_id))
    args: tuple[Argument, ...] = (
        SCHEMA, event.id, event.kind, event.timestamp, event.source, event.account_id or "",
        event.conversation_id or "", event.resource_id or "", event.version or "", event.status or "", event.data,
        retention * 1000, max(retention, OPEN_CONVERSATION_LIFE) * 1000, older,
        oldest[:_HOUR],
    )  # fmt: skip
    if event.names or event.rank:
        kinds = "".join(["a" if name.startswith(ADDRESSES) else "s" for name in event.names])
        names += tuple([keys.known_by(name) for name in event.names])
        args += (kinds, keys.conversation(""), event.rank or "", event.words or "")
    if event.rank:
        names += (keys.resource(event.resource_id or event.id),)
    return names, args


def appended(reply: Sequence[bytes | int]) -> Appended:
    """Return the append script's reply as a value."""
    code, entry, sequence, conversation, late = reply
    return Appended(
        _OUTCOMES[int(code)],
        entry.decode() if isinstance(entry, bytes) and entry else None,
        int(sequence) if sequence != b"" else None,
        conversation.decode() if isinstance(conversation, bytes) and conversation else None,
        bool(late),
    )


class EventLog:
    """Appends events; `run` must be running for `append` to be answered."""

    def __init__(self, redis: Redis, keys: Keys, *, retention: int, wait_replicas: int = 0) -> None:
        """`retention` is the log's life in seconds; `wait_replicas` must confirm before an append is answered."""
        self._line = Line(redis)
        self._keys = keys
        self._retention = retention
        self._replicas = wait_replicas
        self._script = script("append")
        self._waiting: list[Waiting] = []
        self._sent: deque[Sent] = deque()
        self._deadline = 0.0
        self._looked = 0.0
        self._oldest = ""
        self._wake = asyncio.Event()
        self._running = False

    async def append(self, event: Event) -> Appended:
        """Return what became of the event once it is on disk. Raises StorageUnavailableError after 2 s at most."""
        if not self._running:
            message = "the log does not run"
            raise StorageUnavailableError(message)
        loop = asyncio.get_running_loop()
        call = append_call(event, self._keys, self._retention, self._horizon())
        answer: asyncio.Future[Appended] = loop.create_future()
        self._waiting.append((call, answer))
        if len(self._waiting) == 1:
            self._deadline = loop.time() + LONGEST_WAIT
            loop.call_soon(self._send)
        elif len(self._waiting) >= GROUP:
            # Redis works on these while we are still at the rest of a burst.
            self._send()
        return await answer

    def _horizon(self) -> str:
        now = time.time()
        if now - self._looked > HORIZON_LIFE:
            self._looked, self._oldest = now, horizon(self._retention, now)
        return self._oldest

    async def run(self) -> None:
        """Answer what is sent, group by group, until cancelled."""
        self._running = True
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._answer_sent()
        finally:
            self._running = False
            self._fail(StorageUnavailableError("the log does not run any more"))

    async def _answer_sent(self) -> None:
        try:
            while self._sent or self._waiting:
                async with asyncio.timeout_at(self._sent[0].deadline if self._sent else self._deadline):
                    if not self._sent:
                        await self._line.open()
                        self._send()
                    await self._answer_group()
        except (RedisError, OSError, StorageUnavailableError) as error:
            self._fail(error)
            await self._line.drop()
        except BaseException as error:
            self._fail(error)
            await self._line.drop()
            raise

    def _send(self) -> None:
        """Send what waits; a line that is not open is left to the running loop, which opens it first."""
        if self._waiting and self._line.is_open:
            # Whoever went away has not been told that it is stored; storing it now would only make a surprise.
            group = [each for each in self._waiting if not each[1].done()]
            self._waiting = []
            self._write(group, [("EVALSHA", self._script.sha, len(keys), *keys, *args) for (keys, args), _ in group])
        self._wake.set()

    def _write(self, group: list[Waiting], commands: list[Command], skip: int = 0) -> None:
        if self._replicas:
            # WAIT speaks of the writes of its own connection.
            commands = [*commands, ("WAIT", self._replicas, int(LONGEST_WAIT * 500))]
        self._line.write(commands)
        self._sent.append(Sent(group, skip, len(commands), self._deadline))

    async def _answer_group(self) -> None:
        group, skip, number, _ = self._sent[0]
        replies = await self._line.read(number)
        self._sent.popleft()
        if self._replicas and not _confirmed(replies.pop(), self._replicas):
            _answer(group, [StorageUnavailableError("too few replicas confirmed")] * len(group))
            return
        unknown = [one for one, reply in zip(group, replies[skip:], strict=True) if isinstance(reply, NoScriptError)]
        if unknown:
            load = ("SCRIPT", "LOAD", self._script.text)
            again = [("EVALSHA", self._script.sha, len(keys), *keys, *args) for (keys, args), _ in unknown]
            self._write(unknown, [load, *again], skip=1)
        _answer(group, replies[skip:])

    def _fail(self, error: BaseException) -> None:
        # Those that gathered meanwhile have waited as long, and would wait as long again.
        failed = [*(one for sent in self._sent for one in sent.group), *self._waiting]
        self._sent.clear()
        self._waiting = []
        _answer(failed, [error] * len(failed))


def _confirmed(reply: Any, replicas: int) -> bool:  # noqa: ANN401 - what WAIT was answered
    return isinstance(reply, int) and reply >= replicas


def _answer(waiting: Sequence[Waiting], replies: Sequence[Any]) -> None:
    for (_, answer), reply in zip(waiting, replies, strict=True):
        if answer.done() or isinstance(reply, NoScriptError):
            continue
        if isinstance(reply, BaseException):
            answer.set_exception(StorageUnavailableError(type(reply).__name__))
        else:
            answer.set_result(appended(reply))
