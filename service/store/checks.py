"""What a Redis must be before we trust it with events: looked at when a process starts, refused with the cure.

`judge` decides, `examine` asks, `check` waits for a Redis that is away and refuses one that is unfit.
"""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, ResponseError

from service.store.client import reconnecting

log = structlog.get_logger()

Durability = Literal["always", "everysec", "none"]

OLDEST = (6, 2)
"""XAUTOCLAIM, LMOVE and GETDEL came with 6.2."""
WIDEST_SKEW = 2.0
"""Seconds that our clock and Redis's may differ: leases and heartbeats are compared across machines."""

_STRENGTH = {"no": 0, "everysec": 1, "always": 2}
_ASKED = ("maxmemory-policy", "appendonly", "appendfsync", "no-appendfsync-on-rewrite")
_VERSION = re.compile(r"(\d+)\.(\d+)")


class UnfitRedisError(Exception):
    """Redis is reachable and must not be used; `reasons` holds a sentence for each cause, with the line to change."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = tuple(reasons)


class Facts(msgspec.Struct, frozen=True):
    """What was found out: the version, how far Redis's clock is ahead of ours in seconds, and its settings.

    `config` is None where CONFIG is not permitted (managed services), or was not asked for.
    """

    version: str
    skew: float
    config: Mapping[str, str] | None


def judge(facts: Facts, durability: Durability) -> tuple[str, ...]:
    """Return a sentence for each reason to refuse this Redis, none where it will do.

    With the durability `none`, and where the settings could not be read, only version and clock are judged.
    """
    found = [*_age(facts.version), *_clock(facts.skew)]
    if facts.config is not None and durability != "none":
        found += [*_eviction(facts.config), *_persistence(facts.config, durability)]
    return tuple(found)


def _age(version: str) -> list[str]:
    found = _VERSION.match(version)
    if found and (int(found[1]), int(found[2])) >= OLDEST:
        return []
    return [f"Redis {version} is too old: 6.2 or newer is needed (or any Valkey)"]


def _clock(skew: float) -> list[str]:
    if abs(skew) <= WIDEST_SKEW:
        return []
    direction = "ahead of" if skew > 0 else "behind"
    wide = f"Redis's clock is {abs(skew):.1f} s {direction} ours, and at most {WIDEST_SKEW:.0f} s are safe"
    return [f"{wide}: set both by NTP, for example with `timedatectl set-ntp true`"]


def _eviction(config: Mapping[str, str]) -> list[str]:
    policy = config.get("maxmemory-policy", "noeviction")
    return [] if policy == "noeviction" else [_change("maxmemory-policy", policy, "noeviction", "it would drop events")]


def _persistence(config: Mapping[str, str], durability: Durability) -> list[str]:
    found = []
    appendonly = config.get("appendonly", "yes")
    if appendonly != "yes":
        found.append(_change("appendonly", appendonly, "yes", _short_of(durability, "a restart would lose events")))
    appendfsync = config.get("appendfsync", durability)
    if _STRENGTH.get(appendfsync, 0) < _STRENGTH[durability]:
        found.append(
            _change("appendfsync", appendfsync, durability, _short_of(durability, "a crash would lose events"))
        )
    on_rewrite = config.get("no-appendfsync-on-rewrite", "no")
    if durability == "always" and on_rewrite != "no":
        why = _short_of(durability, "a crash during a rewrite would lose events")
        found.append(_change("no-appendfsync-on-rewrite", on_rewrite, "no", why))
    return found


def _short_of(durability: Durability, loss: str) -> str:
    return f"{loss}, and REDIS_DURABILITY={durability} says that none may be lost" if durability == "always" else loss


def _change(name: str, is_now: str, must_be: str, why: str) -> str:
    return f"Redis has {name} {is_now}: {why}. Change it: CONFIG SET {name} {must_be} (redis.conf: {name} {must_be})"


async def examine(redis: Redis, *, with_config: bool) -> Facts:
    """Ask Redis. Raises redis.exceptions.RedisError where it is away."""
    before = time.time()
    seconds, microseconds = await redis.time()
    ours = (before + time.time()) / 2
    info = await redis.info("server")
    config = await _config(redis) if with_config else None
    return Facts(str(info["redis_version"]), seconds + microseconds / 1e6 - ours, config)


async def _config(redis: Redis) -> dict[str, str] | None:
    found: dict[str, str] = {}
    try:
        # One by one: several names in one call came with Redis 7.
        for asked in _ASKED:
            answer: dict[Any, Any] = await redis.config_get(asked)
            found |= {_text(name): _text(value) for name, value in answer.items()}
    except ResponseError:
        return None
    return found or None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


async def check(redis: Redis, durability: Durability) -> None:
    """Return once Redis is reachable and fit, waiting (and saying so in the log) while it is away.

    Raises UnfitRedisError with every reason, also where Redis refuses our credentials.
    """
    shown = address(redis)

    async def attempt() -> None:
        _accept(await examine(redis, with_config=durability != "none"), durability, shown)

    def waiting(error: Exception, seconds: float) -> None:
        if _refuses_us(error):
            raise UnfitRedisError([f"Redis at {shown} refuses the credentials in REDIS_URL: {error}"]) from None
        log.warning("redis.waiting", redis=shown, error=type(error).__name__, retry_in=round(seconds, 1))

    await reconnecting(attempt, waiting)


def _refuses_us(error: BaseException) -> bool:
    # While it connects, the client wraps the refusal in a ConnectionError.
    return any(isinstance(each, AuthenticationError) for each in (error, error.__cause__, error.__context__))


def _accept(facts: Facts, durability: Durability, shown: str) -> None:
    reasons = judge(facts, durability)
    if reasons:
        raise UnfitRedisError(reasons)
    if facts.config is None and durability != "none":
        log.warning("redis.unverified", redis=shown, taken_on_trust=durability, why="CONFIG is not permitted")


def address(redis: Redis) -> str:
    """Return where a client connects to: the path of a socket, host and port, or `sentinel`. Never a password."""
    options = redis.connection_pool.connection_kwargs
    if "path" in options:
        return str(options["path"])
    return f"{options['host']}:{options['port']}" if "host" in options else "sentinel"
