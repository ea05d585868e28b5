"""A subscriber of one test: it writes down what it gets, answers as it is told, and can keep everybody waiting."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from tests.eventually import eventually
from tests.served import served


@dataclass(frozen=True, slots=True)
class Arrival:
    """One delivery as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """What the body says."""
        found: dict[str, Any] = msgspec.json.decode(self.body)
        return found


@dataclass
class ScriptedSubscriber:
    """`answers` are the statuses of the next answers, 204 when there are none left; `waiting` paths get none yet."""

    url: str = ""
    arrivals: list[Arrival] = field(default_factory=list)
    answers: list[int | tuple[int, dict[str, str]]] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one delivery."""
        if scope["type"] != "http":
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.arrivals.append(Arrival(scope["path"], headers, await _body(receive)))
        given = self.answers.pop(0) if self.answers else 204
        status, more = given if isinstance(given, tuple) else (given, {})
        while scope["path"] in self.waiting:  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.01)
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
