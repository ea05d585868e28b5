"""Composing: from an author's gathered words, a closed conversation or results to drafts, and to what cannot be one."""

from collections.abc import Mapping, Sequence

import msgspec

from service.events.event import StoredEvent
from service.events.observation import Draft
from service.rules.asked import Gathered, ObserveArguments
from service.rules.customers import Customers
from service.rules.facts import words
from service.rules.templates import filled
from service.store.jobs import Job
from service.twilio.resources.communication import Communication
from service.twilio.resources.conversation import Participant
from workers.jobs.observe_people import People, Unlinked
from workers.jobs.observing import Spoken, Target, Utterance, drafts, said, unfinished, utterances
from workers.jobs.observing_records import channels_of, customers_of, record, results_in


class Loss(msgspec.Struct, frozen=True):
    """Words of somebody whose memory cannot be written."""

    participant_id: str
    event_ids: tuple[str, ...]
    why: Unlinked


class Composition(msgspec.Struct, frozen=True):
    """What became of what was asked for.

    `taken` are the gathered entries that are dealt with, `skipped` why some are not written (a count by a word: blank,
    gone, not_customer, elsewhere), `wait` the seconds until what an author is still saying can be looked at again.
    """

    drafts: tuple[Draft, ...] = ()
    taken: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    skipped: Mapping[str, int] = msgspec.field(default_factory=dict)
    wait: float = 0.0


def spoken(entries: Sequence[str], events: Mapping[str, StoredEvent]) -> tuple[tuple[Spoken, ...], tuple[str, ...]]:
    """Return the gathered communications with their words, and the entries whose event the log has no more. Pure."""
    known, gone = [], []
    for entry in entries:
        gathered = gathered_of(entry)
        event = events.get(gathered.event_id) if gathered else None
        if gathered is None or event is None:
            gone.append(entry)
        else:
            known.append(Spoken(entry, gathered, words(event), int(event.entry_id.partition("-")[0])))
    return tuple(known), tuple(gone)


def gathered_of(entry: str) -> Gathered | None:
    """Return a gathered entry as a value, None for one that this version cannot read. Pure."""
    try:
        return msgspec.json.decode(entry, type=Gathered)
    except msgspec.MsgspecError:
        return None


def from_words(entries: Sequence[str], events: Mapping[str, StoredEvent], now_ms: int, people: People) -> Composition:
    """Return what an author's gathered words become. Raises TwilioError."""
    known, gone = spoken(entries, events)
    held = [(each, unfinished(each, now_ms)) for each in utterances(known)]
    taken = [*gone]
    found: list[Draft] = []
    losses: list[Loss] = []
    skipped = {"gone": len(gone), "blank": 0, "not_customer": 0, "elsewhere": 0}
    for each in (utterance for utterance, left in held if not left):
        taken += [part.entry for part in each.parts]
        match _uttered(each, people):
            case str(word):
                skipped[word] += len(each.parts)
            case Loss() as loss:
                losses.append(loss)
            case written:
                found += written
    return Composition(
        tuple(found), tuple(taken), tuple(losses), skipped, min((left for _, left in held if left), default=0.0)
    )


def _uttered(utterance: Utterance, people: People) -> tuple[Draft, ...] | Loss | str:
    first = utterance.first
    if not utterance.text:
        return "blank"
    if first.configurations and people.conversation.configuration_id not in first.configurations:
        return "elsewhere"
    author = people.author(first.author)
    if author is None or author.type not in first.author.types:
        return "not_customer"
    target = people.target(author)
    if isinstance(target, Unlinked):
        return Loss(author.id, tuple(part.gathered.event_id for part in utterance.parts), target)
    return said(utterance, target)


def from_event(
    wanted: ObserveArguments, job: Job, event: StoredEvent | None, people: People, said_in: Sequence[Communication],
    customers: Customers,
) -> Composition | str:  # fmt: skip
    """Return what a closed conversation, or results in it, become; a sentence where nothing is written.

    `said_in` is what was said, where the record or the rule wants to know. Raises TwilioError.
    """
    if wanted.configurations and people.conversation.configuration_id not in wanted.configurations:
        return "its configuration is another than the rule is for"
    if wanted.channels and not set(wanted.channels) & set(channels_of(said_in)):
        return "it has been on none of the channels that the rule is for"
    if wanted.when == "conversation.closed":
        who = customers_of(people.participants, customers)
        values = record(people.conversation, people.participants, said_in, who, job.decided_at)
        return _for_each(wanted, job, who, people, [(values, job.decided_at)])
    if event is None:
        return "the event has left the log"
    return _results(wanted, job, event, people, customers)


def _results(
    wanted: ObserveArguments, job: Job, event: StoredEvent, people: People, customers: Customers
) -> Composition | str:
    found = results_in(event.data, wanted.results, customers, job.decided_at)
    drafted: list[Draft] = []
    texts = []
    for one in found:
        targets = one.targets
        if not targets and one.profiles and people.store_id:
            targets = tuple(Target(people.store_id, each) for each in one.profiles)
        if not targets:
            texts.append((one.values, one.at))
        for target in targets:
            content = filled(wanted.template, one.values)
            drafted += drafts(target, content, wanted.source, one.at, job.conversation_id, (job.event_id,))
    if not texts:
        return Composition(tuple(drafted)) if drafted else "the results say nothing"
    rest = _for_each(wanted, job, customers_of(people.participants, customers), people, texts)
    if isinstance(rest, str):
        return Composition(tuple(drafted)) if drafted else rest
    return Composition((*drafted, *rest.drafts), (), rest.losses)


def _for_each(
    wanted: ObserveArguments, job: Job, who: Sequence[Participant], people: People,
    texts: Sequence[tuple[Mapping[str, str], str]],
) -> Composition | str:  # fmt: skip
    """Return these texts, each with its time, for every customer's profile once."""
    if not who:
        return "nobody who took part is a customer"
    linked = [(one, people.target(one)) for one in who]
    losses = [Loss(one.id, (job.event_id,), why) for one, why in linked if isinstance(why, Unlinked)]
    targets = dict.fromkeys(target for _, target in linked if isinstance(target, Target))
    found = [
        draft
        for target in targets
        for values, at in texts
        for draft in drafts(
            target, filled(wanted.template, values), wanted.source, at, job.conversation_id, (job.event_id,)
        )
    ]
    return Composition(tuple(found), (), tuple(losses))
