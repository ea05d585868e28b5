"""A receiver without sockets: its ASGI application on an event loop of its own, fed request by request."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import uvloop
from starlette.types import Message

from service.settings import Settings
from service.store.client import connect
from service.web.receiver import Receiver
from tests.twilio_callbacks import Signed

T = TypeVar("T")


@dataclass(frozen=True)
class Said:
    """What a request was answered."""

    status: int
    headers: dict[str, str]
    body: bytes


class DirectReceiver:
    """The application and its loop."""

    def __init__(self, run: Callable[[Coroutine[Any, Any, Any]], Any], app: Receiver) -> None:
        self._run, self._app = run, app

    def send(self, request: Signed, parts: Sequence[bytes] | None = None, *, whole: bool = True) -> Said:
        """Send a request, its body in parts; one that is not whole ends with the sender's going away."""
        said: Said = self._run(self._answer(request, [request.body] if parts is None else parts, whole))
        return said

    def tasks(self) -> int:
        """Return how many tasks run on the loop."""

        async def count() -> int:
            return len(asyncio.all_tasks()) - 1

        return int(self._run(count()))

    async def _answer(self, request: Signed, parts: Sequence[bytes], whole: bool) -> Said:  # noqa: FBT001 - from above
        path, _, query = request.target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "path": path,
            "raw_path": path.encode("latin-1", "replace"),
            "query_string": query.encode("latin-1", "replace"),
            "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1", "replace")) for name, value in request.headers.items()],
        }
        messages: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        messages.append({"type": "http.request", "body": b""} if whole else {"type": "http.disconnect"})
        sent: list[Message] = []

        async def receive() -> Message:
            return messages.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        start, *rest = sent
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return Said(start["status"], headers, b"".join(each.get("body", b"") for each in rest))


@contextmanager
def direct_receiver(settings: Settings) -> Iterator[DirectReceiver]:
    """Run one, with all that runs beside it, until the block ends."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        messages: asyncio.Queue[Message] = asyncio.Queue()
        started = asyncio.Event()

        async def begun() -> tuple[Receiver, asyncio.Task[None]]:
            app = Receiver(settings, connect(settings.redis_address()))

            async def told(_: Message) -> None:
                started.set()

            task = asyncio.ensure_future(app({"type": "lifespan"}, messages.get, told))
            await messages.put({"type": "lifespan.startup"})
            await started.wait()
            return app, task

        async def ended(task: asyncio.Task[None]) -> None:
            await messages.put({"type": "lifespan.shutdown"})
            await task

        app, task = runner.run(begun())
        try:
            yield DirectReceiver(runner.run, app)
        finally:
            runner.run(ended(task))
