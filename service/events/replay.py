"""PURE. What a replay is asked to do, and how far it has come."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Part = Literal["skipped", "log", "dead"]
Only = Literal["missed", "all"]

USUAL_RATE = 50
MOST_RATE = 1000
"""Events a second."""


class ReplayRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which events an endpoint is to get again.

    `missed`: those that were skipped or died. `all`: every event of the log that matches, also one that was delivered,
    or that is older than the endpoint; and what died, where the log has lost it. `dead`: those that died alone.
    `since_ms` is when they were stored (of `dead`: when they died) at the earliest, None: whenever. `rate` is in events
    a second. What waits, or is between two attempts, is never among them.
    """

    types: tuple[str, ...]
    only: Literal["missed", "all", "dead"] = "missed"
    since_ms: int | None = None
    rate: int = USUAL_RATE


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """A request as its job keeps it: with `count` events when it was made at `asked_ms`, none behind entry `until`."""

    request: ReplayRequest
    asked_ms: int
    until: str
    count: int = 0


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a replay stands: the part of its way, and within it a number and a text that only that part understands."""

    part: Part
    number: int = 0
    member: str = ""


PARTS: Mapping[str, tuple[Part, ...]] = {"missed": ("skipped", "dead"), "all": ("log", "dead"), "dead": ("dead",)}
"""The parts of a replay's way, in their order."""

_decode = msgspec.json.Decoder(Replay).decode
_place = msgspec.json.Decoder(Place).decode


def replay_of(arguments: str) -> Replay:
    """Return a replay from its job's arguments. Raises msgspec.MsgspecError for what is none."""
    return _decode(arguments)


def place_of(cursor: str) -> Place | None:
    """Return a place from a job's cursor, None at the beginning. Raises msgspec.MsgspecError for what is none."""
    return _place(cursor) if cursor else None


def as_text(value: Replay | Place) -> str:
    """Return a replay or a place as its job keeps it."""
    return msgspec.json.encode(value).decode()


def request_of(
    *, types: tuple[str, ...], only: Only | None, since_ms: int | None, rate: int = USUAL_RATE
) -> ReplayRequest:
    """Return a request; what it does not say itself (`only` of None): with a `since_ms` all, else what was missed."""
    return ReplayRequest(
        types=types, only=only or ("missed" if since_ms is None else "all"), since_ms=since_ms, rate=rate
    )
