"""The observe job: composes what is to be remembered, keeps that, and writes it into Conversation Memory, each once."""

from collections.abc import Callable, Mapping

import msgspec
import structlog
from redis import Redis

from service.rules.asked import ObserveArguments
from service.rules.customers import Customers
from service.store.gathering import events
from service.store.jobs import Job
from service.store.keys import Keys
from service.store.observations import LostJobError, Observations, Open
from service.twilio.api import TwilioApis
from service.twilio.errors import MissingError, RejectedError, TwilioError, UnauthorizedError
from workers.jobs.observe_compose import Composition, Loss, from_event, from_words, gathered_of
from workers.jobs.observe_people import NO_PROFILE, People, Stores, Unlinked
from workers.jobs.observe_posts import Posts, failed_call
from workers.jobs.outcomes import Cancelled, Continue, Done, Outcome, RetryLater

log = structlog.get_logger()

FAILED = "observation.failed"
LOOK_AGAIN = 10.0
"""Seconds until the second look for a profile: Twilio finds out who somebody is while the first words come in."""
CONVERSATION_GONE = "conversation_gone"


class Observing(msgspec.Struct, frozen=True):
    """What the observe job works with besides Twilio, put together in `child`.

    `retention` is the log's life in seconds; `tell` appends an operational event (type, data); `broken` counts what
    is broken between a configuration's conversations and memory, by a word.
    """

    redis: Redis
    keys: Keys
    retention: int
    customers: Customers
    stores: Stores
    tell: Callable[[str, Mapping[str, object]], None]
    broken: Callable[[str | None, str], None]


class _Arguments(msgspec.Struct):
    author: str | None = None


def observe(twilio: TwilioApis, means: Observing, job: Job, chance: float) -> Outcome:
    """Return what came of an attempt; Redis's errors are raised. `chance` in [0, 1) is for the jitter."""
    try:
        return _Attempt(twilio, means, job, chance).run()
    except LostJobError:
        # What is recorded after this is refused; whoever has the job now goes on.
        return RetryLater(0.0, "the lease was lost before the next observation was written")
    except TwilioError as error:
        return failed_call(error, job.failures, chance)


class _Attempt:
    def __init__(self, twilio: TwilioApis, means: Observing, job: Job, chance: float) -> None:
        self._author = msgspec.json.decode(job.arguments, type=_Arguments).author
        self._twilio, self._means, self._job = twilio, means, job
        self._held = Observations(means.redis, means.keys, means.retention, job, self._author)
        self._people = People(twilio, means.stores, job.conversation_id)
        self._posts = Posts(twilio.memory, self._held, self._failed, self._broken, job.failures, chance)
        self._skipped = 0

    def run(self) -> Outcome:
        """Compose what is not composed yet, and write what is not written."""
        found = self._held.read()
        ended, wait = self._compose_words(found) if self._author else (self._compose_event(found), 0.0)
        # What was composed before is written even where the rest has to wait.
        written = self._posts.run()
        if written is not None:
            return written
        if ended is not None:
            return ended
        if self._author and self._held.read().gathered:
            return Continue(wait, f"{self._posts.sent} written; more is being said")
        return Done(f"{self._posts.sent} written, {self._skipped} passed over")

    def _compose_words(self, found: Open) -> tuple[Outcome | None, float]:
        if not found.gathered:
            return None, 0.0
        ids = [one.event_id for entry in found.gathered if (one := gathered_of(entry))]
        known = events(self._means.redis, self._means.keys, ids)
        try:
            made = from_words(found.gathered, known, found.now, self._people)
        except TwilioError as error:
            made = self._lost(error, found.gathered, tuple(ids))
        return self._kept(made), made.wait

    def _compose_event(self, found: Open) -> Outcome | None:
        if found.composed:
            return None
        job = self._job
        wanted = msgspec.json.decode(job.arguments, type=ObserveArguments)
        event = events(self._means.redis, self._means.keys, [job.event_id]).get(job.event_id)
        try:
            looks = wanted.when == "conversation.closed" or bool(wanted.channels)
            api = self._twilio.conversations
            said = tuple(api.communications(job.conversation_id, needed=("author",))) if looks else ()
            made = from_event(wanted, job, event, self._people, said, self._means.customers)
        except TwilioError as error:
            made = self._lost(error, (), (job.event_id,))
        return Cancelled(made) if isinstance(made, str) else self._kept(made)

    def _lost(self, error: TwilioError, entries: tuple[str, ...], event_ids: tuple[str, ...]) -> Composition:
        """Return what is lost for good since the conversation is gone; any other error is raised."""
        if not isinstance(error, MissingError | RejectedError) or isinstance(error, UnauthorizedError):
            raise error
        why = Unlinked(CONVERSATION_GONE, f"the conversation could not be read: {error}")
        return Composition((), entries, (Loss("", event_ids, why),))

    def _kept(self, made: Composition) -> Outcome | None:
        """Keep what was composed; return an outcome where it is to be composed once more, later."""
        if any(loss.why.word == NO_PROFILE for loss in made.losses) and self._job.failures == 0:
            return RetryLater(LOOK_AGAIN, next(loss.why.reason for loss in made.losses))
        for loss in made.losses:
            self._broken(loss.why.word)
            self._failed(
                {
                    "conversation_id": self._job.conversation_id,
                    "participant_id": loss.participant_id or None,
                    "event_ids": list(loss.event_ids),
                    "reason": loss.why.reason,
                }
            )
        if made.drafts or made.taken or not self._author:
            self._held.compose(made.drafts, made.taken)
        for word, number in made.skipped.items():
            self._held.count(word, number)
            self._skipped += number
        return None

    def _failed(self, data: Mapping[str, object]) -> None:
        log.warning(FAILED, job=self._job.id, conversation=self._job.conversation_id, reason=data["reason"])
        self._means.tell(FAILED, data)

    def _broken(self, word: str) -> None:
        if word == CONVERSATION_GONE:
            return
        try:
            configuration = self._people.conversation.configuration_id
        except TwilioError:
            # Counted without: the observation's own outcome does not wait for whose fault it is.
            configuration = None
        self._means.broken(configuration, word)
