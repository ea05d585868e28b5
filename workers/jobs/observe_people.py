"""Who somebody is in Conversation Memory: by the profile that Twilio says, else by what the address is known as."""

import re
import time
from collections.abc import Callable
from functools import cached_property

import msgspec

from service.events.correlation import bare
from service.rules.asked import Author
from service.twilio.api import TwilioApis
from service.twilio.errors import MissingError
from service.twilio.resources.conversation import Conversation, Participant
from workers.jobs.observing import Target

KEPT = 300.0
"""Seconds for which a worker remembers a configuration's memory store."""
NO_STORE, STORE_GONE, NO_PROFILE = "no_store", "store_missing", "no_profile"
"""Why nothing can be written: what is counted of a broken link to memory."""

_PHONE = re.compile(r"\+[0-9]{7,15}")
_EMAIL = re.compile(r"[^@\s:]+@[^@\s:]+")


class Unlinked(msgspec.Struct, frozen=True):
    """Why somebody's memory cannot be written: in a word, and in a sentence."""

    word: str
    reason: str


class Stores:
    """The memory stores of configurations, remembered for minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[float, str | None]] = {}

    def of(self, twilio: TwilioApis, configuration_id: str) -> str | None:
        """Return the store that a configuration names. Raises TwilioError."""
        until, found = self._known.get(configuration_id, (0.0, None))
        if self._clock() >= until:
            found = twilio.configurations.fetch(configuration_id).memory_store_id
            self._known[configuration_id] = (self._clock() + KEPT, found)
        return found


class People:
    """Those who take part in one conversation; Twilio is asked when first needed, once. All raises TwilioError."""

    def __init__(self, twilio: TwilioApis, stores: Stores, conversation_id: str) -> None:
        self._twilio, self._stores, self._id = twilio, stores, conversation_id
        self._whole: set[str] = set()

    @cached_property
    def conversation(self) -> Conversation:
        """The conversation."""
        return self._twilio.conversations.fetch(self._id)

    @cached_property
    def participants(self) -> tuple[Participant, ...]:
        """Who takes part."""
        return tuple(self._twilio.conversations.participants(self._id, needed=("addresses", "type")))

    @cached_property
    def store_id(self) -> str | None:
        """The memory store: of the conversation's own snapshot of its configuration, else of the configuration."""
        named = self.conversation.memory_store_id
        configuration = self.conversation.configuration_id
        return named or (self._stores.of(self._twilio, configuration) if configuration else None)

    def author(self, author: Author) -> Participant | None:
        """Return who wrote: by the participant where the event named one, else by the address."""
        if author.participant_id:
            found = self._fetched(author.participant_id)
            if found is not None:
                return found
        address = bare(author.address or "")
        same = (one for one in self.participants if any(bare(each.address) == address for each in one.addresses))
        return next(same, None) if address else None

    def target(self, participant: Participant) -> Target | Unlinked:
        """Return whose memory is written for a participant, or why none can be."""
        if self.store_id is None:
            return Unlinked(NO_STORE, "the conversation's configuration names no memory store")
        if participant.profile_id is None and participant.id not in self._whole:
            # It came from a list, whose items may be partial.
            participant = self._fetched(participant.id) or participant
        if participant.profile_id is not None:
            return Target(self.store_id, participant.profile_id)
        return self._looked_up(self.store_id, participant)

    def _fetched(self, participant_id: str) -> Participant | None:
        try:
            found = self._twilio.conversations.participant(self._id, participant_id)
        except MissingError:
            return None
        self._whole.add(found.id)
        return found

    def _looked_up(self, store_id: str, participant: Participant) -> Target | Unlinked:
        known = [(kind, value) for each in participant.addresses if (kind := id_type(value := bare(each.address)))]
        if not known:
            return Unlinked(NO_PROFILE, "the participant has no profile, and no address that profiles are found by")
        for kind, value in dict.fromkeys(known):
            try:
                found = self._twilio.memory.lookup(store_id, kind, value).profile_ids
            except MissingError:
                return Unlinked(STORE_GONE, f"the memory store {store_id} does not exist")
            if len(found) > 1:
                # Merged ones may still be listed: what each is now.
                found = tuple({self._twilio.memory.profile(store_id, each).id for each in found})
            if len(found) == 1:
                return Target(store_id, found[0])
            if found:
                return Unlinked(NO_PROFILE, f"{len(found)} profiles have the participant's address")
        return Unlinked(NO_PROFILE, "the participant has no profile, and no profile has the participant's address")


def id_type(address: str) -> str | None:
    """Return Memory's word for what an address is: `phone`, `email`, or None for what profiles are not found by."""
    if _PHONE.fullmatch(address):
        return "phone"
    return "email" if _EMAIL.fullmatch(address) else None
