"""PURE. One delivery as a relay holds it, and what is recorded of an attempt at it."""

import msgspec


class Claim(msgspec.Struct, frozen=True):
    """A delivery that a relay holds.

    `token` is its id in the endpoint's stream; `previous` the sequence of the conversation's event that was routed
    to this endpoint before (None: no conversation); `attempt` counts from 1; `deaths` the relays that died on it.
    """

    endpoint_id: str
    token: str
    entry_id: str
    event_id: str
    previous: str | None
    attempt: int
    deaths: int = 0


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """What to record of one attempt: the new state, the attempt's record, and what follows from it."""

    claim: Claim
    state: str
    record: bytes
    life: int
    due_ms: int | None = None
    dead: bytes | None = None
