"""The event log: appends that are grouped into one pipeline, and answered when Redis has them on disk.

Group commit: while one pipeline is under way the next appends gather, so that one fsync serves all of them. A failing
append fails alone; a lost connection fails those of its pipeline, and each caller answers 503.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.events.event import SCHEMA, Event
from service.events.times import fixed_width, from_milliseconds
from service.store.client import Argument, script
from service.store.keys import Keys
from service.store.line import Line, run_each

LONGEST_BATCH = 128
"""Appends in one pipeline."""
LONGEST_WAIT = 2.0
"""Seconds after which a pipeline that has not been answered counts as failed, with all that wait behind it."""
HORIZON_LIFE = 0.5
"""Seconds for which the log's horizon is not computed anew."""
OPEN_CONVERSATION_LIFE = 90 * 86400
"""Seconds that an open conversation is remembered after its last event (never less than the log)."""


class StorageUnavailableError(Exception):
    """Redis did not confirm the append. It may or may not be stored; a repetition will be recognised."""


class Appended(msgspec.Struct, frozen=True):
    """What became of an append: stored under `entry_id` as the conversation's `sequence`-th, or not."""

    outcome: Literal["stored", "duplicate", "stale"]
    entry_id: str | None
    sequence: int | None


Call = tuple[tuple[str, ...], tuple[Argument, ...]]
Waiting = tuple[Call, asyncio.Future["Appended"]]

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
    return names, (
        SCHEMA, event.id, event.kind, event.timestamp, event.source, event.account_id or "",
        event.conversation_id or "", event.resource_id or "", event.version or "", event.status or "", event.data,
        retention * 1000, max(retention, OPEN_CONVERSATION_LIFE) * 1000, older,
    )  # fmt: skip


def appended(reply: Sequence[bytes | int]) -> Appended:
    """Return the append script's reply as a value."""
    code, entry, sequence = reply
    entry_id = entry.decode() if isinstance(entry, bytes) and entry else None
    return Appended(_OUTCOMES[int(code)], entry_id, int(sequence) if sequence not in (b"", "") else None)


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
        self._looked = 0.0
        self._oldest = ""
        self._wake = asyncio.Event()
        self._running = False

    async def append(self, event: Event) -> Appended:
        """Return what became of the event once it is on disk. Raises StorageUnavailableError after 2 s at most."""
        if not self._running:
            message = "the log does not run"
            raise StorageUnavailableError(message)
        call = append_call(event, self._keys, self._retention, self._horizon())
        answer: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, answer))
        self._wake.set()
        return await answer

    def _horizon(self) -> str:
        now = time.time()
        if now - self._looked > HORIZON_LIFE:
            self._looked, self._oldest = now, horizon(self._retention, now)
        return self._oldest

    async def run(self) -> None:
        """Commit what gathers, a pipeline at a time, until cancelled."""
        self._running = True
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._commit_waiting()
        finally:
            self._running = False
            self._fail([], StorageUnavailableError("the log does not run any more"))

    async def _commit_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:LONGEST_BATCH], self._waiting[LONGEST_BATCH:]
            # Whoever went away has not been told that it is stored; storing it now would only make a surprise.
            await self._commit([(call, answer) for call, answer in batch if not answer.done()])

    async def _commit(self, batch: list[Waiting]) -> None:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                replies = await self._send([call for call, _ in batch])
        except (RedisError, OSError, StorageUnavailableError) as error:
            self._fail(batch, error)
        except BaseException as error:
            self._fail(batch, error)
            raise
        else:
            _answer(batch, replies)

    def _fail(self, batch: list[Waiting], error: BaseException) -> None:
        # Those that gathered meanwhile have waited as long, and would wait as long again.
        failed, self._waiting = [*batch, *self._waiting], []
        _answer(failed, [error] * len(failed))

    async def _send(self, calls: list[Call]) -> list[Sequence[bytes | int] | Exception]:
        replies = await run_each(self._line, self._script, calls)
        if self._replicas:
            # WAIT speaks of the writes of its own connection, which is the line's.
            (confirmed,) = await self._line.exchange([("WAIT", self._replicas, int(LONGEST_WAIT * 500))])
            if isinstance(confirmed, Exception) or confirmed < self._replicas:
                message = "too few replicas confirmed"
                raise StorageUnavailableError(message)
        return replies


def _answer(waiting: Sequence[Waiting], replies: Sequence[Any]) -> None:
    for (_, answer), reply in zip(waiting, replies, strict=True):
        if answer.done():
            continue
        if isinstance(reply, BaseException):
            answer.set_exception(StorageUnavailableError(type(reply).__name__))
        else:
            answer.set_result(appended(reply))
