"""Logging: one wide line per request and per attempt, JSON or for a terminal. Identifiers only, never a body.

Set up by the commands; modules hold `structlog.get_logger()`, a proxy that does nothing until it is first used.
"""

import logging
import sys
from typing import Any, Literal

import msgspec
import structlog

Format = Literal["json", "console"]

_encode = msgspec.json.Encoder(enc_hook=str).encode


def _render(_: object, __: str, line: structlog.typing.EventDict) -> bytes:
    return _encode(line)


def set_up(style: Format | None, level: str, process: str) -> None:
    """Write log lines to standard error from now on: `json` or `console`, by default as standard error is a terminal.

    `process` (receiver, relay, …) stands in every line.
    """
    chosen = style or ("console" if sys.stderr.isatty() else "json")
    structlog.contextvars.clear_contextvars()
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    factory: Any
    if chosen == "json":
        processors.append(_render)
        factory = structlog.BytesLoggerFactory(sys.stderr.buffer)
    else:
        processors.append(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()))
        factory = structlog.PrintLoggerFactory(sys.stderr)
    structlog.configure(
        processors=[_named(process), *processors],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )


def _named(process: str) -> structlog.typing.Processor:
    def add(_: object, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
        line["process"] = process
        return line

    return add
