"""PURE. Whether a service's account adds up to the simulation's truth: nothing missing, nothing doubled, nothing odd.

The truth is that of `GET /_control/state`, in its own members. What went wrong on demand is allowed for: a lost answer
permits one more PATCH, a lost callback is told by a repair.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from service.events.times import fixed_width
from service.simulator.world.memory import EXTRACTED

SAID, RECORD = "demo-said", "demo-record"
"""Sources of the observations that the simulation's rules write: customers' words, and records of conversations."""
SHOWN = 3
"""Examples in one sentence."""
_CREATIONS = {
    "": "conversation.created",
    "participants": "participant.added",
    "communications": "communication.created",
}
_OK = "200"

Truth = Mapping[str, Any]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An event that a subscriber has verified: of which resource, and that one's `updatedAt` (None: it has none)."""

    id: str
    type: str
    source: str
    conversation_id: str | None = None
    resource_id: str | None = None
    updated_at: str | None = None


class Closed(msgspec.Struct, frozen=True):
    """A close job that is done: the rule that asked for it, and when it was decided (fixed width)."""

    rule: str
    decided_at: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What the service says of itself, and what its subscriber got.

    `closed` are close jobs by conversation, `left` jobs that are still to be done, and `dead` those given up.
    """

    seen: Sequence[Seen]
    stored: int
    closed: Mapping[str, Sequence[Closed]]
    unproven: int = 0
    left: int = 0
    dead: int = 0


def mistakes(truth: Truth, account: Account) -> list[str]:
    """Return what does not add up, in sentences for people; none where everything does."""
    return [
        *_callbacks(truth),
        *_delivered(truth, account),
        *_states(truth, account.seen),
        *_closings(truth, account.closed),
        *_words(truth),
        *_records(truth),
        *_jobs(account),
    ]


def _jobs(account: Account) -> Iterator[str]:
    if account.left:
        yield f"{account.left:,} jobs are still to be done"
    if account.dead:
        yield f"{account.dead:,} jobs were given up"


def _callbacks(truth: Truth) -> Iterator[str]:
    fates = Counter(each["fate"] for each in truth["callbacks"])
    for fate in ("pending", "refused"):
        if fates[fate]:
            yield f"{fates[fate]:,} callbacks are {fate}"


def _delivered(truth: Truth, account: Account) -> Iterator[str]:
    if account.unproven:
        yield f"{account.unproven:,} deliveries could not be verified"
    if account.stored != len(account.seen):
        yield f"{account.stored:,} events are stored, and {len(account.seen):,} were delivered"
    created = [(each.type, each.resource_id or "") for each in account.seen if each.type in _CREATIONS.values()]
    told = Counter(created)
    real = {(_CREATIONS[kind], each["id"]) for kind, each in _resources(truth)}
    yield from _some("never told of", [name for _, name in sorted(real - told.keys())])
    yield from _some("created under two ids", [name for (_, name), number in sorted(told.items()) if number > 1])


def _resources(truth: Truth) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for one in truth["conversations"]:
        yield "", one
        for kind in ("participants", "communications"):
            yield from ((kind, each) for each in one[kind])


def _states(truth: Truth, seen: Sequence[Seen]) -> Iterator[str]:
    newest: dict[str, str] = {}
    stated: Counter[tuple[str, str, str]] = Counter()
    for each in seen:
        if each.resource_id and each.updated_at:
            stated[each.type, each.resource_id, each.updated_at] += 1
            at = fixed_width(each.updated_at) or ""
            newest[each.resource_id] = max(at, newest.get(each.resource_id, ""))
    known = [(each["id"], fixed_width(each["updatedAt"]) or "") for _, each in _resources(truth)]
    yield from _some("not known in the latest state", [name for name, at in known if newest.get(name, "") < at])
    yield from _some("in one state twice", [name for (_, name, _), number in stated.items() if number > 1])


def _closings(truth: Truth, closed: Mapping[str, Sequence[Closed]]) -> Iterator[str]:
    yield from _some("not closed", [each["id"] for each in truth["conversations"] if each["status"] != "CLOSED"])
    yield from _some("closed by more than one PATCH", [n for n, each in truth["patches"].items() if _needless(each)])
    said = {each["id"]: each["communications"] for each in truth["conversations"]}
    too_early, without = [], []
    for each in truth["closings"]:
        jobs = closed.get(each["conversationId"], ())
        if each["by"] != "rest":
            continue
        if not jobs:
            without.append(each["conversationId"])
        elif _visible(said.get(each["conversationId"], ()), each, max(job.decided_at for job in jobs)):
            too_early.append(each["conversationId"])
    yield from _some("closed with no job that says why", without)
    yield from _some("closed although something newer was visible", too_early)


def _needless(outcomes: Sequence[str]) -> bool:
    """Return whether a PATCH was sent although the answer to an earlier one had said that it was done."""
    return _OK in outcomes[:-1]


def _visible(said: Sequence[Mapping[str, Any]], closing: Mapping[str, Any], decided_at: str) -> bool:
    shown = sorted(fixed_width(each["createdAt"]) or "" for each in said)[: closing["listed"]]
    return any(at > decided_at for at in shown)


def _words(truth: Truth) -> Iterator[str]:
    """Compare word by word, since fragments are joined: each word as often in a profile as its customer said it."""
    said: dict[str, Counter[str]] = {}
    for profile, text in _customers_words(truth):
        said.setdefault(profile, Counter()).update(text.split())
    written: dict[str, Counter[str]] = {}
    for each in truth["observations"]:
        if each["source"] == SAID:
            written.setdefault(each["profileId"], Counter()).update(each["content"].split())
    for what, more, less in (("missing", said, written), ("doubled", written, said)):
        yield from _some(
            f"words are {what} in the memory", [who for who, words in more.items() if words - less.get(who, Counter())]
        )


def _customers_words(truth: Truth) -> Iterator[tuple[str, str]]:
    for one in truth["conversations"]:
        profiles = _profiles(truth, one)
        for each in one["communications"]:
            profile = profiles.get(each["author"].get("participantId"))
            if profile is not None:
                yield profile, each["content"].get("text", "")


def _profiles(truth: Truth, conversation: Mapping[str, Any]) -> dict[str, str]:
    """Return the profile of each customer, as it is called now."""
    people = [each for each in conversation["participants"] if each.get("type") == "CUSTOMER"]
    return {each["id"]: _canonical(truth, each["profileId"]) for each in people if each.get("profileId")}


def _canonical(truth: Truth, profile: str) -> str:
    merged: Mapping[str, str] = truth["mergedProfiles"]
    while profile in merged:
        profile = merged[profile]
    return profile


def _records(truth: Truth) -> Iterator[str]:
    wanted = Counter(
        (one["id"], profile)
        for one in truth["conversations"]
        if one["status"] == "CLOSED"
        for profile in set(_profiles(truth, one).values())
    )
    found = Counter(
        (name, each["profileId"])
        for each in truth["observations"]
        if each["source"] == RECORD
        for name in each["conversationIds"]
    )
    yield from _some("without a record in the memory", [name for name, _ in wanted - found])
    yield from _some("with a record too many in the memory", [name for name, _ in found - wanted])


def _some(what: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
        yield f"{what}: {', '.join(names[:SHOWN])}{more}"


def posted(truth: Truth) -> dict[str, int]:
    """Return how many observations there are, by source; without what Twilio writes itself."""
    return dict(Counter(each["source"] for each in truth["observations"] if each["source"] != EXTRACTED))
