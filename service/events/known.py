"""PURE. What the log knows of a conversation, to be compared with what Twilio shows."""

from collections.abc import Mapping

import msgspec


class Known(msgspec.Struct, frozen=True):
    """Its status, the newest `versions` seen by resource (fixed width), and the events of creations that are stored.

    `sequence` counts its events; it is 0 for a conversation that was never heard of, or is forgotten.
    """

    sequence: int = 0
    status: str | None = None
    versions: Mapping[str, str] = {}
    creations: frozenset[str] = frozenset()
