"""PURE. One delivery as a relay holds it, and what is recorded of an attempt at it."""

import msgspec


class Claim(msgspec.Struct, frozen=True):
    """A delivery that a relay holds.

    `token` is its id in the endpoint's stream; `previous` the sequence of the conversation's event that was routed
    to this endpoint before (None: no conversation); `attempt` counts from 1; `deaths` the relays that died on it.
    `first` is the attempt with which the schedule began anew: more than 1 once it was retried or replayed by hand.
    `turn` is the conversation that waits for this delivery, at an endpoint that wants them in order.
    """

    endpoint_id: str
    token: str
    entry_id: str
    event_id: str
    previous: str | None
    attempt: int
    deaths: int = 0
    first: int = 1
    turn: str | None = None


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """What to record of one attempt: the new state, the attempt's record, and what follows from it.

    `at_ms` is when it ended, `life` in seconds, `blames` whether a failure counts against the endpoint. `success_ms`
    is the time of a success that is to be noted, `answer` what the subscriber said when it refused, for people.
    """

    claim: Claim
    state: str
    record: bytes
    life: int
    at_ms: int
    blames: bool = True
    success_ms: int | None = None
    due_ms: int | None = None
    dead: bytes | None = None
    answer: str | None = None


class Settled(msgspec.Struct, frozen=True):
    """What recording came to: `ours` is False where the delivery was no longer the relay's, and nothing was written.

    After a failure, `failures` and `first_failure` (ms) speak of all attempts since the last success, at
    `last_success` (ms, None: never), and `warned` is the last warning given; after a success only `warned` is told.
    """

    ours: bool
    failures: int = 0
    first_failure: int | None = None
    last_success: int | None = None
    warned: int = 0
