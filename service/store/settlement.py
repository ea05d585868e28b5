"""Recording what came of attempts, each by itself, and only what is still the relay's."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from service.events.delivery import Settled, Settlement
from service.store.client import Argument, script
from service.store.deliveries import ROUTED_KEPT
from service.store.keys import Keys
from service.store.line import Call, Line, run_each

MOST_FAILED = 1000
"""Failed attempts of one endpoint that are remembered for as long as failures are."""
PUSHED_OUT_KEPT = 72 * 3600
"""Seconds that an event's attempts are remembered once newer failures have pushed them out."""


async def settle(way: Redis | Line, keys: Keys, relay: str, settlements: Sequence[Settlement]) -> list[Settled]:
    """Record outcomes and return what that came to; nothing is written for one that was no longer the relay's.

    May be repeated when the answer was lost: what was recorded is not the relay's any more. Raises RedisError.
    """
    calls = [(_arrived if each.state == "delivered" else _failed)(keys, relay, each) for each in settlements]
    return [_settled(reply) for reply in await run_each(way, calls)]


def _settled(reply: Any) -> Settled:  # noqa: ANN401 - what Redis replied
    if isinstance(reply, Exception):
        raise reply
    if len(reply) == 2:  # noqa: PLR2004 - what settle.lua replies
        return Settled(bool(reply[0]), warned=reply[1])
    ours, failures, first, last, warned = reply
    return Settled(bool(ours), failures, first or None, last or None, warned)


def _arrived(keys: Keys, relay: str, one: Settlement) -> Call:
    claim = one.claim
    names, args = _both(keys, relay, one)
    args += (ROUTED_KEPT * 1000, one.success_ms or "")
    if claim.turn is not None or claim.first > 1:
        names += _further(keys, claim.endpoint_id)
        args += (claim.event_id, claim.turn or "", keys.ready)
    return script("settle", "turn"), names, args


def _failed(keys: Keys, relay: str, one: Settlement) -> Call:
    claim = one.claim
    names, args = _both(keys, relay, one)
    names += (*_further(keys, claim.endpoint_id), keys.retries, keys.failed(claim.endpoint_id))
    args += (
        one.at_ms, one.state, claim.event_id, claim.turn or "", keys.ready, one.due_ms or "",
        _member(one) if one.due_ms is not None else "", one.dead or "", one.answer or "", "1" if one.blames else "",
        MOST_FAILED, keys.event(""), PUSHED_OUT_KEPT * 1000,
    )  # fmt: skip
    return script("settle_failed", "turn"), names, args


def _both(keys: Keys, relay: str, one: Settlement) -> tuple[tuple[str, ...], tuple[Argument, ...]]:
    claim = one.claim
    endpoint = claim.endpoint_id
    names = (
        keys.deliveries(endpoint), keys.event_deliveries(claim.event_id), keys.endpoint_stats(endpoint),
        keys.endpoint_health(endpoint),
    )  # fmt: skip
    return names, (relay, claim.token, endpoint, claim.attempt, one.record, one.life * 1000)


def _further(keys: Keys, endpoint: str) -> tuple[str, ...]:
    return keys.dead(endpoint), keys.dead_at(endpoint), keys.ordered(endpoint), keys.turns(endpoint)


def _member(one: Settlement) -> str:
    claim = one.claim
    return "|".join(
        (
            claim.endpoint_id, claim.entry_id, claim.event_id, claim.previous or "", str(claim.attempt + 1),
            str(claim.first), claim.turn or "",
        )
    )  # fmt: skip
