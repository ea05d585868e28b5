"""What all routes of the receiver share: the keys, the log, and how much may be taken in."""

from collections.abc import Mapping

import msgspec

from service.store.event_log import EventLog
from service.store.malformed import Malformed
from service.store.stats import Counters
from service.twilio.signature import Refused, SigningKey

MOST_IN_FLIGHT = 1024
"""Requests at once; one more is shed, since it would wait longer than Twilio does."""
MOST_PARAMETERS = 20_000
"""Of a form; Twilio sends some dozens, and to sort many costs the other requests their time."""


class Proof(msgspec.Struct, frozen=True):
    """What a request is proved against: the configured public URLs and keys; `report` accepts and only counts."""

    public_urls: tuple[str, ...]
    keys: tuple[SigningKey, ...]
    report: bool = False


class Intake:
    """The parts, and what is under way."""

    def __init__(self, proof: Proof, events: EventLog, malformed: Malformed, counters: Counters, limit: int) -> None:
        """`limit` is the largest body in bytes."""
        self.proof, self.events, self.malformed, self.counters = proof, events, malformed, counters
        self.limit = limit
        self.in_flight = 0
        self.shedding = False

    def full(self) -> str | None:
        """Return why nothing more is taken in now, or None."""
        if self.shedding:
            return "memory"
        return "in_flight" if self.in_flight > MOST_IN_FLIGHT else None


class Refusal(Exception):  # noqa: N818 - not a fault of ours: an answer other than 2xx, with what the log says of it
    """The request is answered without being stored."""

    def __init__(self, status: int, reason: str, **details: object) -> None:
        super().__init__(reason)
        self.status, self.reason, self.details = status, reason, details


def details(refused: Refused, method: str) -> Mapping[str, object]:
    """Return what the log says of a request that is not proven. A GET's query is cut off: it holds the message."""
    urls = refused.candidates
    return {
        "candidates": [url.partition("?")[0] + "?…" for url in urls] if method == "GET" else urls,
        "keys": refused.key_count,
        "content_type": refused.content_type,
        "body_hash": refused.body_hash_present,
        "hint": refused.hint,
    }
