"""PURE. `[transcription]`: whose word counts where a call's words come from two sources.

Conversation Orchestrator's capture and Real-Time Transcription may both listen to one call. What is not forwarded
triggers no rule either.
"""

from collections.abc import Sequence
from typing import Literal, cast

import msgspec

from service.events.event import StoredEvent
from service.rules import choices
from service.rules.members import Members
from service.rules.reading import Mistake, Table

Forward = Literal["orchestrator", "transcription", "both"]
_FORWARD = ("orchestrator", "transcription", "both")
EXAMPLES = {"forward": 'forward = "orchestrator"'}
"""A right line for each member."""


class Transcription(msgspec.Struct, frozen=True):
    """Which source is forwarded where both have the words of a call."""

    forward: Forward = "orchestrator"

    def forwards(self, event: StoredEvent) -> bool:
        """Return whether subscribers get an event: always, unless its words also come from the source that counts."""
        if not event.other_source or self.forward == "both":
            return True
        return (event.source == "transcription") == (self.forward == "transcription")


def read(tables: Sequence[Table]) -> tuple[Transcription, list[Mistake]]:
    """Return what `[transcription]` says, and what is wrong with it."""
    if not tables:
        return Transcription(), []
    members = Members(tables[0], EXAMPLES)
    forward = choices.single(members, "forward", _FORWARD)
    return Transcription(cast("Forward", forward or "orchestrator")), members.mistakes
