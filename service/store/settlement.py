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
    groups = _groups(settlements)
    replies = await run_each(way, [_call(keys, relay, [settlements[i] for i in group]) for group in groups])
    found: dict[int, Settled] = {}
    for group, reply in zip(groups, replies, strict=True):
        found.update(zip(group, _settled(reply, failed=settlements[group[0]].state != "delivered"), strict=True))
    return [found[i] for i in range(len(settlements))]


def _groups(settlements: Sequence[Settlement]) -> list[list[int]]:
    """What arrived at one endpoint is recorded by one call, for half the price; each failure by one of its own."""
    arrived: dict[str, list[int]] = {}
    failed: list[list[int]] = []
    for i, one in enumerate(settlements):
        if one.state == "delivered":
            arrived.setdefault(one.claim.endpoint_id, []).append(i)
        else:
            failed.append([i])
    return [*failed, *arrived.values()]


def _call(keys: Keys, relay: str, group: Sequence[Settlement]) -> Call:
    return _arrived(keys, relay, group) if group[0].state == "delivered" else _failed(keys, relay, group[0])


def _settled(reply: Any, *, failed: bool) -> list[Settled]:  # noqa: ANN401 - what Redis replied
    if isinstance(reply, Exception):
        raise reply
    if not failed:
        return [Settled(bool(ours), warned=reply[0]) for ours in reply[1:]]
    ours, failures, first, last, warned = reply
    return [Settled(bool(ours), failures, first or None, last or None, warned)]


def _arrived(keys: Keys, relay: str, group: Sequence[Settlement]) -> Call:
    endpoint = group[0].claim.endpoint_id
    names = (
        keys.deliveries(endpoint), keys.endpoint_stats(endpoint), keys.endpoint_health(endpoint), keys.dead(endpoint),
        keys.dead_at(endpoint), keys.ordered(endpoint), keys.turns(endpoint),
        *(keys.event_deliveries(one.claim.event_id) for one in group),
    )  # fmt: skip
    success = next((one.success_ms for one in group if one.success_ms is not None), "")
    tokens = sorted((one.claim.token for one in group), key=_order)
    args: list[Argument] = [relay, endpoint, ROUTED_KEPT * 1000, keys.ready, success, tokens[0], tokens[-1]]
    for one in group:
        claim = one.claim
        again = claim.event_id if claim.first > 1 else ""
        args += (claim.token, claim.attempt, one.record, one.life * 1000, claim.turn or "", again)
    return script("settle", "turn"), names, args


def _order(token: str) -> tuple[int, int]:
    ms, _, number = token.partition("-")
    return int(ms), int(number)


def _failed(keys: Keys, relay: str, one: Settlement) -> Call:
    claim = one.claim
    endpoint = claim.endpoint_id
    names = (
        keys.deliveries(endpoint), keys.event_deliveries(claim.event_id), keys.endpoint_stats(endpoint),
        keys.endpoint_health(endpoint), keys.dead(endpoint), keys.dead_at(endpoint), keys.ordered(endpoint),
        keys.turns(endpoint), keys.retries, keys.failed(endpoint),
    )  # fmt: skip
    args = (
        relay, claim.token, endpoint, claim.attempt, one.record, one.life * 1000, one.at_ms, one.state, claim.event_id,
        claim.turn or "", keys.ready, one.due_ms or "", _member(one) if one.due_ms is not None else "", one.dead or "",
        one.answer or "", "1" if one.blames else "", MOST_FAILED, keys.event(""), PUSHED_OUT_KEPT * 1000,
    )  # fmt: skip
    return script("settle_failed", "turn"), names, args


def _member(one: Settlement) -> str:
    claim = one.claim
    return "|".join(
        (
            claim.endpoint_id, claim.entry_id, claim.event_id, claim.previous or "", str(claim.attempt + 1),
            str(claim.first), claim.turn or "",
        )
    )  # fmt: skip
