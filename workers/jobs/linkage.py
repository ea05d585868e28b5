"""The linkage job, which comes back each minute: samples closed conversations, looks at them later, and tells once."""

import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from service.events.times import from_milliseconds
from service.rules.customers import Customers
from service.store.jobs import Job
from service.store.linkage import Linkage
from service.twilio.api import Conversation, Participant, TwilioApis
from service.twilio.errors import MissingError, TwilioError
from workers.jobs.linking import CUSTOMERS, EXTRACTING, STORE_GONE, UNLINKED, UNOBSERVED, broken
from workers.jobs.observe_posts import failed_call
from workers.jobs.observing_records import customers_of
from workers.jobs.outcomes import Continue, Outcome

log = structlog.get_logger()

BROKEN = "linkage.broken"
EVERY = 60.0
"""Seconds between two passes."""
_DAY = len("2026-11-20")

Tell = Callable[[str, Mapping[str, object]], None]


def look(twilio: TwilioApis, linkage: Linkage, customers: Customers, tell: Tell, job: Job, chance: float) -> Outcome:
    """Return when to look again; Redis's errors are raised. `chance` in [0, 1) is for the jitter."""
    chosen, seen = linkage.sample(), 0
    for conversation_id in linkage.due():
        try:
            _count(twilio, linkage, customers, conversation_id)
        except MissingError:
            log.info("linkage.conversation_gone", conversation=conversation_id)
        except TwilioError as error:
            return failed_call(error, job.failures, chance)
        linkage.looked_at(conversation_id)
        seen += 1
    _judge(linkage, tell)
    return Continue(EVERY, f"{chosen} chosen, {seen} looked at")


def _count(twilio: TwilioApis, linkage: Linkage, customers: Customers, conversation_id: str) -> None:
    """Look at everything first, and count then: an attempt that fails half way counts nothing twice."""
    conversation = twilio.conversations.fetch(conversation_id)
    found = twilio.conversations.participants(conversation_id, needed=("addresses", "type"))
    linked = [_profile(twilio, one) for one in customers_of(found, customers)]
    words = _extraction(twilio, conversation, [each for each in linked if each])
    linkage.count(conversation.configuration_id, CUSTOMERS, len(linked))
    linkage.count(conversation.configuration_id, UNLINKED, linked.count(None))
    for word in words:
        linkage.count(conversation.configuration_id, word)


def _extraction(twilio: TwilioApis, conversation: Conversation, profiles: Sequence[str]) -> tuple[str, ...]:
    """Return what is to be counted of a conversation whose words Twilio was to remember; nothing for any other."""
    store = conversation.memory_store_id
    if not (store and profiles and _extracts(twilio, conversation)):
        return ()
    try:
        observed = any(_remembers(twilio, store, profile, conversation) for profile in profiles)
    except MissingError:
        return (STORE_GONE,)
    return (EXTRACTING,) if observed else (EXTRACTING, UNOBSERVED)


def _profile(twilio: TwilioApis, one: Participant) -> str | None:
    # Items of the list may be partial.
    return one.profile_id or twilio.conversations.participant(one.conversation_id, one.id).profile_id


def _extracts(twilio: TwilioApis, conversation: Conversation) -> bool:
    snapshot = conversation.raw.get("configuration")
    said = snapshot.get("memoryExtractionEnabled") if isinstance(snapshot, dict) else None
    if isinstance(said, bool) or not conversation.configuration_id:
        return said is True
    return twilio.configurations.fetch(conversation.configuration_id).memory_extraction_enabled


def _remembers(twilio: TwilioApis, store: str, profile: str, conversation: Conversation) -> bool:
    found = twilio.memory.observations(store, profile, created_after=conversation.created_at, newest_first=True)
    # Those without a conversation may be of this one: nobody is alarmed for what cannot be told.
    return any(not each.conversation_ids or conversation.id in each.conversation_ids for each in found.found)


def _judge(linkage: Linkage, tell: Tell) -> None:
    day = from_milliseconds(int(time.time() * 1000))[:_DAY]
    for configuration, counted in linkage.of_day().items():
        reasons = broken(counted)
        if reasons and linkage.untold(configuration, day):
            log.warning(BROKEN, configuration=configuration, reasons=reasons)
            tell(BROKEN, {"configuration_id": configuration, "day": day, "reasons": list(reasons)})
            linkage.told(configuration, day)
