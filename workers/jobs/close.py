"""The close job: asks Twilio what `closing` wants to know, and does what it says, until that is an outcome."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

from service.events.correlation import bare
from service.rules.asked import Author, CloseArguments
from service.store.jobs import Job
from service.twilio.api import Communication, ConversationsApi
from service.twilio.errors import MissingError, TwilioError
from workers.jobs import guards
from workers.jobs.closing import Answers, Ask, Case, next_step
from workers.jobs.guards import Fetched, Seen, seen
from workers.jobs.outcomes import Done, Outcome

T = TypeVar("T")


def close(twilio: ConversationsApi, job: Job, still_ours: Callable[[], bool], chance: float) -> Outcome:
    """Return what came of closing the job's conversation.

    `still_ours` is asked right before the conversation is closed. An error of Redis in it is raised: nothing has been
    done then. `chance` in [0, 1) is for the jitter.
    """
    case = Case(job.decided_at, job.failures, chance, _wanted(job))
    answers = Answers()
    looked_at = gap = 0.0
    while isinstance(step := next_step(answers, case), Ask):
        if step is Ask.COMMUNICATIONS:
            looked_at = time.monotonic()
        answers = _answered(step, answers, case.wanted, twilio, job, still_ours)
        if step is Ask.PATCH:
            gap = time.monotonic() - looked_at
    if step == Done("closed"):
        # The one moment in which traffic goes unseen: Twilio has no conditional write. So it is measured.
        return Done(f"closed within {gap * 1000:.0f} ms of the last look")
    return step


def _wanted(job: Job) -> CloseArguments:
    return msgspec.json.decode(job.arguments, type=CloseArguments) if job.arguments else CloseArguments()


def _answered(
    step: Ask,
    answers: Answers,
    wanted: CloseArguments,
    twilio: ConversationsApi,
    job: Job,
    still_ours: Callable[[], bool],
) -> Answers:
    conversation = job.conversation_id
    match step:
        case Ask.FETCH:
            return msgspec.structs.replace(answers, fetched=_tried(lambda: _fetched(twilio, conversation)))
        case Ask.AUTHOR:
            asked = wanted.author or Author(())
            return msgspec.structs.replace(answers, author=_tried(lambda: _kind(twilio, conversation, asked)))
        case Ask.COMMUNICATIONS:
            whole = guards.looks_at_channels(wanted)
            found = _tried(lambda: tuple(_communications(twilio, conversation, channels=whole)))
            return msgspec.structs.replace(answers, communications=found)
        case Ask.LEASE:
            return msgspec.structs.replace(answers, ours=still_ours())
        case Ask.PATCH:
            return msgspec.structs.replace(answers, patched=_tried(lambda: twilio.close(conversation).status))
        case Ask.CONFIRM:
            return msgspec.structs.replace(answers, confirmed=_tried(lambda: twilio.fetch(conversation).status))


def _tried(call: Callable[[], T]) -> T | TwilioError:
    try:
        return call()
    except TwilioError as error:
        return error


def _fetched(twilio: ConversationsApi, conversation: str) -> Fetched:
    found = twilio.fetch(conversation)
    return Fetched(found.status, found.configuration_id)


def _kind(twilio: ConversationsApi, conversation: str, author: Author) -> str:
    """Return Twilio's type of who wrote: by the participant where the event named one, else by the address."""
    if author.participant_id:
        try:
            return twilio.participant(conversation, author.participant_id).type or ""
        except MissingError:
            return ""
    address = bare(author.address or "")
    for one in twilio.participants(conversation, needed=("addresses", "type")):
        if address and any(bare(each.address) == address for each in one.addresses):
            return one.type or ""
    return ""


def _communications(twilio: ConversationsApi, conversation: str, *, channels: bool) -> Iterator[Seen]:
    for item in twilio.communications(conversation):
        partial = item.created_at is None or (channels and _channel(item) is None)
        whole = _whole(twilio, conversation, item) if item.id and partial else item
        if whole is not None:
            yield seen(item.id, whole.created_at, whole.occurred_at, _channel(whole), whole.channel_id)


def _channel(item: Communication) -> str | None:
    return item.author.channel if item.author else None


def _whole(twilio: ConversationsApi, conversation: str, item: Communication) -> Communication | None:
    """Items of the list were seen to be partial: ask for this one; None if it has gone since."""
    try:
        return twilio.communication(conversation, item.id)
    except MissingError:
        return None
