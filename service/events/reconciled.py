"""PURE. What a pass of reconciliation has come to, as it is kept and shown."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

MOST_REPAIRS = 200
"""Repairs that a pass names one by one."""


class Repair(msgspec.Struct, frozen=True):
    """One event that was missing. `timestamp` is the resource's own time."""

    type: str
    conversation_id: str | None
    resource_id: str | None
    timestamp: str
    event_id: str


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """One pass. Times are ISO 8601 UTC; `calls` to Twilio, `open` conversations listed, `looks` into them.

    `left` conversations have to wait for the next pass, which then begins at once. `repaired` counts by type, and the
    first 200 `repairs` are named. `deleted` conversations were found gone. `error` is why the pass ended too soon.
    """

    began_at: str
    ended_at: str
    calls: int = 0
    open: int = 0
    looks: int = 0
    left: int = 0
    deleted: int = 0
    repaired: Mapping[str, int] = {}
    repairs: tuple[Repair, ...] = ()
    error: str | None = None

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (datetime.fromisoformat(self.ended_at) - datetime.fromisoformat(self.began_at)).total_seconds()

    def seconds_until(self, time: str) -> float:
        """Return how long before a time (ISO 8601) it ended, never less than 0."""
        return max((datetime.fromisoformat(time) - datetime.fromisoformat(self.ended_at)).total_seconds(), 0.0)
