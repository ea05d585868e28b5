"""Writing composed observations, each once: as `observing_calls` says, until nothing is left or it has to wait."""

from collections.abc import Callable, Mapping, Sequence

import structlog

from service.events.observation import Draft
from service.store.observations import Observations
from service.twilio.api import MemoryApi
from service.twilio.errors import MissingError, TwilioError
from workers.jobs.closing import Case, failed
from workers.jobs.observe_people import STORE_GONE
from workers.jobs.observing_calls import SHOWN_AFTER, Post, Search, Wait, meaning, next_call, observation, written
from workers.jobs.outcomes import Continue, Outcome, Stop
from workers.jobs.schedule import try_again

log = structlog.get_logger()

Tell = Callable[[Mapping[str, object]], None]
"""Appends `observation.failed` with this data."""
Broken = Callable[[str], None]
"""Counts what is broken between conversations and memory, by a word."""


class Posts:
    """The writing of one attempt; every method may raise LostJobError and redis.exceptions.RedisError."""

    def __init__(
        self, memory: MemoryApi, held: Observations, tell: Tell, broken: Broken, failures: int, chance: float
    ) -> None:
        self._memory, self._held, self._tell, self._broken = memory, held, tell, broken
        self._failures, self._chance = failures, chance
        self._alone: frozenset[str] = frozenset()
        self.sent = 0

    def run(self) -> Outcome | None:
        """Write all that is composed; return the outcome where that has to wait or to end, else None."""
        while True:
            found = self._held.read()
            match next_call(found.drafts, found.now, self._alone):
                case Post(drafts):
                    ended = self._post(drafts)
                case Search(drafts, after):
                    ended = self._search(drafts, after)
                case Wait(seconds):
                    return Continue(seconds, "an earlier call may have written the rest, which shows after a minute")
                case _:
                    return None
            if ended is not None:
                return ended

    def _post(self, drafts: Sequence[Draft]) -> Outcome | None:
        first = drafts[0]
        profile = self._held.canonical(first.profile_id)
        self._held.begin(drafts)
        try:
            now = self._memory.observe(first.store_id, profile, [observation(draft) for draft in drafts])
        except TwilioError as error:
            return self._not_sent(drafts, error)
        self._settle(drafts)
        self._held.merged(profile, now)
        return None

    def _settle(self, drafts: Sequence[Draft]) -> None:
        self._held.settle(drafts, "sent")
        self.sent += len(drafts)

    def _not_sent(self, drafts: Sequence[Draft], error: TwilioError) -> Outcome | None:
        meant = meaning(error)
        if meant == "unclear":
            # Anew, since only now is it over: a minute later Memory shows what it took.
            self._held.begin(drafts)
            return try_again(self._failures, max(error.retry_after or 0.0, SHOWN_AFTER), self._chance, str(error))
        self._held.free(drafts)
        if meant == "missing":
            return self._missing(drafts, error)
        if meant != "refused":
            return failed_call(error, self._failures, self._chance)
        if len(drafts) > 1:
            self._alone |= {draft.id for draft in drafts}
        else:
            self._give_up(drafts, str(error))
        return None

    def _missing(self, drafts: Sequence[Draft], error: TwilioError) -> Outcome | None:
        store = drafts[0].store_id
        try:
            self._memory.store(store)
            reason = f"the profile {drafts[0].profile_id} does not exist: {error}"
        except MissingError:
            self._broken(STORE_GONE)
            reason = f"the memory store {store} does not exist"
        except TwilioError as other:
            return failed_call(other, self._failures, self._chance)
        self._give_up(drafts, reason)
        return None

    def _give_up(self, drafts: Sequence[Draft], reason: str) -> None:
        for draft in drafts:
            self._tell(
                {
                    "observation_id": draft.id,
                    "conversation_id": draft.conversation_id,
                    "store_id": draft.store_id,
                    "profile_id": draft.profile_id,
                    "event_ids": list(draft.event_ids),
                    "reason": reason,
                }
            )
        self._held.settle(drafts, "failed")

    def _search(self, drafts: Sequence[Draft], after: str) -> Outcome | None:
        first = drafts[0]
        try:
            found = self._memory.observations(
                first.store_id, self._held.canonical(first.profile_id), source=first.source, created_after=after
            )
        except MissingError as error:
            return self._missing(drafts, error)
        except TwilioError as error:
            return failed_call(error, self._failures, self._chance)
        there = written(drafts, found.found)
        if there:
            self._settle(there)
        # What is not there by now never arrived.
        self._held.free([draft for draft in drafts if draft not in there])
        log.info("observation.searched", profile=first.profile_id, asked=len(drafts), found=len(there))
        return None


def failed_call(error: TwilioError, failures: int, chance: float) -> Outcome:
    """Return the outcome of an attempt that a call ended without effect."""
    outcome = failed(error, Case("", failures, chance))
    if isinstance(outcome, Stop | Continue):
        return outcome
    return try_again(failures, error.retry_after, chance, str(error))
