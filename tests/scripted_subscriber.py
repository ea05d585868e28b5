"""A subscriber of one test: it writes down what it gets, answers as it is told, and can keep everybody waiting."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from tests.eventually import eventually
from tests.served import served

Answer = int | tuple[int, dict[str, str]]
"""A status, or a status and further headers."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One delivery as it came, when (`time.monotonic`), and the status that it was answered with."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    status: int

    @property
    def attempt(self) -> int:
        """What `webhook-attempt` says."""
        return int(self.headers["webhook-attempt"])

    @property
    def event(self) -> dict[str, Any]:
        """What the body says."""
        found: dict[str, Any] = msgspec.json.decode(self.body)
        return found


@dataclass
class ScriptedSubscriber:
    """`answers` are the next answers, whoever comes; else a path has the one it `always` gives, and any other 204.

    An answer takes `answers_in` seconds; `waiting` paths get none yet. `under_way` counts the deliveries of each path
    that have no answer, `crowd` the most that there ever were.
    """

    url: str = ""
    arrivals: list[Arrival] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    always: dict[str, Answer] = field(default_factory=dict)
    answers_in: float = 0.0
    waiting: set[str] = field(default_factory=set)
    under_way: Counter[str] = field(default_factory=Counter)
    crowd: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one delivery."""
        if scope["type"] != "http":
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        path, body = scope["path"], await _body(receive)
        given = self.answers.pop(0) if self.answers else self.always.get(path, 204)
        status, more = given if isinstance(given, tuple) else (given, {})
        self.under_way[path] += 1
        self.crowd[path] = max(self.crowd[path], self.under_way[path])
        self.arrivals.append(Arrival(path, headers, body, time.monotonic(), status))
        try:
            await asyncio.sleep(self.answers_in)
            while path in self.waiting:  # noqa: ASYNC110 - set from another thread
                await asyncio.sleep(0.01)
        finally:
            self.under_way[path] -= 1
        fields = [(name.encode(), value.encode()) for name, value in {"content-length": "0", **more}.items()]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body"})

    def at(self, path: str) -> list[Arrival]:
        """Return what came to one path, in its order."""
        return [arrival for arrival in list(self.arrivals) if arrival.path == path]

    def sequences(self, path: str) -> set[int]:
        """Return which events of a conversation came to a path."""
        return {arrival.event["sequence"] for arrival in self.at(path)}

    def expect(self, number: int, path: str = "/", seconds: float = 5.0) -> list[Arrival]:
        """Return what came to a path once there are so many. Raises AssertionError when the time is over."""
        eventually(lambda: len(self.at(path)) >= number, seconds)
        return self.at(path)


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


@contextmanager
def scripted_subscriber() -> Iterator[ScriptedSubscriber]:
    """Run one until the block ends."""
    subscriber = ScriptedSubscriber()
    with served(subscriber) as url:
        subscriber.url = url
        try:
            yield subscriber
        finally:
            subscriber.waiting.clear()
