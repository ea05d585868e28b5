"""Logging: one wide line per request and per attempt, JSON or for a terminal. Identifiers only, never a body.

Set up by the commands; modules hold `structlog.get_logger()`, a proxy that does nothing until it is first used.
"""

import asyncio
import atexit
import logging
import os
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

import msgspec
import structlog

Format = Literal["json", "console"]

_encode = msgspec.json.Encoder(enc_hook=str).encode


def set_up(style: Format | None, level: str, process: str) -> None:
    """Write log lines to standard error from now on: `json` or `console`, by default as standard error is a terminal.

    `process` (receiver, relay, …) stands in every line.
    """
    chosen = style or ("console" if sys.stderr.isatty() else "json")
    structlog.contextvars.clear_contextvars()
    processors: list[structlog.typing.Processor]
    factory: Any
    wrapper: Any = structlog.make_filtering_bound_logger(getattr(logging, level.upper()))
    if chosen == "json":
        if wrapper.info is not structlog.make_filtering_bound_logger(logging.CRITICAL).info:
            wrapper = _short_way(wrapper, process)
        processors = [_json(process)]
        lines = Lines(sys.stderr.fileno())
        atexit.register(lines.write)
        factory = lambda *_: lines  # noqa: E731 - structlog calls it for each logger; there is one place to write to
    else:
        processors = [_headed(process), structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        factory = structlog.PrintLoggerFactory(sys.stderr)
    structlog.configure(
        processors=processors,
        wrapper_class=wrapper,
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )


class Lines:
    """Writes lines to a descriptor; those of one turn of the event loop together, others at once.

    A line of its own would cost each request a system call. A process that is killed loses one turn's lines at most.
    """

    def __init__(self, descriptor: int) -> None:
        """The descriptor stays the caller's."""
        self._descriptor = descriptor
        self._waiting: list[bytes] = []
        self._lock = threading.Lock()

    def msg(self, line: bytes) -> None:
        """Write one line, soon."""
        self._waiting.append(line)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.write()
        else:
            if len(self._waiting) == 1:
                loop.call_soon(self.write)

    debug = info = warning = error = critical = exception = log = msg

    def write(self) -> None:
        """Write what waits. A descriptor that takes nothing any more is no reason to stop working."""
        with self._lock, suppress(OSError):
            lines, self._waiting = self._waiting, []
            content = b"".join(line + b"\n" for line in lines)
            while content:
                content = content[os.write(self._descriptor, content) :]


def _headed(process: str) -> structlog.typing.Processor:
    """Return what puts time, level, process and event before a line's fields. One step, since it is on the hot path."""

    def head(_: object, level: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
        if "exc_info" in line:
            line = structlog.processors.format_exc_info(_, level, line)
        return {"timestamp": _now(), "level": level, "process": process, "event": line.pop("event"), **line}

    return head


def _json(process: str) -> structlog.typing.Processor:
    headed = _headed(process)

    def render(logger: Any, level: str, line: structlog.typing.EventDict) -> bytes:  # noqa: ANN401 - structlog's
        return _encode(headed(logger, level, line))

    return render


def _short_way(wrapper: Any, process: str) -> Any:  # noqa: ANN401 - structlog makes the class
    """Return a logger whose plain `info` goes straight to its line: the one that is written for each request.

    Half the price of structlog's own way, which every other line still takes.
    """

    class Direct(wrapper):  # type: ignore[misc] # a class that is made at run time
        def info(self, event: str, *args: object, **fields: object) -> object:
            if args or "exc_info" in fields:
                return super().info(event, *args, **fields)
            head = {"timestamp": _now(), "level": "info", "process": process, "event": event}
            return self._logger.msg(_encode({**head, **self._context, **fields}))

    return Direct


def _now() -> str:
    # isoformat leaves the fraction out where it is nought, and writes UTC's offset in six characters.
    now = time.time()
    return f"{_second(int(now))}.{int(now % 1 * 1_000_000):06}Z"


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
