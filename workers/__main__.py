"""`python -m workers relay|worker`: the composition root of the two delivering processes.

People start them as `conversation-events relay` and `conversation-events worker`.
"""

import argparse
import asyncio
import gc
import os
import secrets
import signal
import socket
import sys
from collections.abc import Coroutine
from functools import partial
from typing import Any

import structlog

from service import logs, rules_file
from service.processes.parent import end_with_parent
from service.rules.reading import InvalidRulesError
from service.rules.rules import Rules
from service.settings import InvalidSettingsError, Settings, load
from service.store.checks import UnfitRedisError, check
from service.store.client import connect
from service.store.keys import Keys
from service.store.operational import raise_event
from service.store.secrets import Sealer, WrongSecretKeyError, check_fingerprint

log = structlog.get_logger()

FAILED, USAGE = 1, 2
COLLECT = (50_000, 20, 100)
"""Objects after which the youngest are collected, and collections after which the next older ones are."""


def main() -> int:
    """Run one process until SIGTERM; return its exit status: 0, 1 (failed) or 2 (settings)."""
    arguments = _arguments()
    end_with_parent()
    try:
        settings = load((arguments.role,))
        rules = rules_file.read(settings.rules_file)
    except (InvalidSettingsError, InvalidRulesError) as error:
        sys.stderr.writelines(f"{mistake}\n" for mistake in error.mistakes)
        return USAGE
    logs.set_up(settings.log_format, settings.log_level, arguments.role)
    try:
        if arguments.role == "worker":
            return _worker(settings, arguments.processes)
        return _run(_relay(settings, rules))
    except (UnfitRedisError, WrongSecretKeyError) as error:
        sys.stderr.write(f"{error}\n")
        return FAILED


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    parser.add_argument("role", choices=("relay", "worker"))
    parser.add_argument("--processes", type=int, default=2, help="worker: processes that run jobs (default 2)")
    return parser.parse_args()


def _run(process: Coroutine[Any, Any, int]) -> int:
    import uvloop  # noqa: PLC0415 - see _worker

    return uvloop.run(process)


def _worker(settings: Settings, processes: int) -> int:
    # Each role loads only what it needs: the worker's processes are started from this very module.
    from workers.jobs import connections, worker  # noqa: PLC0415

    asyncio.run(_fit(settings))
    said = partial(
        raise_event, connections.connect(settings.redis_address()), Keys(settings.key_prefix), settings.event_retention
    )
    return worker.run(settings, raise_event=said, processes=processes)


async def _fit(settings: Settings) -> None:
    """Wait for Redis and check it. Raises UnfitRedisError."""
    redis = connect(settings.redis_address())
    await check(redis, settings.redis_durability)
    await redis.aclose()


async def _relay(settings: Settings, rules: Rules) -> int:
    from workers import relay  # noqa: PLC0415 - see _worker

    sealer = Sealer(settings.secret_key.get_secret_value() if settings.secret_key else "")
    await _fit(settings)
    redis = connect(settings.redis_address())
    await check_fingerprint(redis, Keys(settings.key_prefix), sealer)
    await redis.aclose()
    # Until here a signal just ends the process: it holds nothing yet.
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # A name is one process's for ever: what a dead one held must never look like ours.
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    _spare_the_collector()
    await relay.run(settings, rules, sealer, name, stop)
    return 0


def _spare_the_collector() -> None:
    """Let Python look for cycles seldom: at its usual pace that takes an eighth of a relay's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)


if __name__ == "__main__":
    sys.exit(main())
