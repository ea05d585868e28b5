"""PURE. Conversation Memory: stores, profiles that merge, and observations that show up late."""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from service.events.times import from_milliseconds
from service.simulator.call import RefusedError, Resource, bad_request, not_found
from service.simulator.scenario import identifier
from service.simulator.wanted import NewObservations, NewStore, NewSummaries
from service.simulator.world.birth import Birth
from service.simulator.world.bounded import trim
from service.simulator.world.operations import Operations

MOST_STORES = 15
TOO_MANY_STORES = 520044
EXTRACTED = "memory-extraction"
"""Source of the observations that Twilio makes of a conversation itself."""


class Written(msgspec.Struct):
    """An observation or summary: of whom, since when it can be seen (ms), and what it says."""

    profile: str
    visible: int
    created: int
    resource: Resource


class Store(msgspec.Struct):
    """One store with all that is in it."""

    resource: Resource
    profiles: dict[str, Resource] = {}
    merged: dict[str, str] = {}
    identifiers: dict[str, str] = {}
    observations: dict[str, Written] = {}
    summaries: dict[str, Written] = {}


class MergedError(RefusedError):
    """The profile has become another one: 308, with that one's id."""

    def __init__(self, canonical: str) -> None:
        super().__init__(308, 520308, "The profile was merged", {"Canonical-Profile-Id": canonical})
        self.canonical = canonical


class Memory:
    """The account's stores by id, one of them there from the beginning."""

    def __init__(self, birth: Birth, at: int) -> None:
        self._birth = birth
        self.operations = Operations(birth, "memory")
        self.stores: dict[str, Store] = {}
        self.default = identifier("mem_store_", birth.account_id)
        self._put(self.default, {"displayName": "simulated", "description": "", "status": "ACTIVE"}, at)
        self._count = 0

    def store(self, name: str) -> Store:
        """Return a store. Raises RefusedError (404)."""
        if name not in self.stores:
            raise not_found(name)
        return self.stores[name]

    def create_store(self, wanted: NewStore, at: int) -> tuple[str, str]:
        """Begin to make a store; return its id and the operation's. Raises RefusedError where there are too many."""
        if len(self.stores) >= MOST_STORES:
            raise RefusedError(400, TOO_MANY_STORES, "Too many stores")
        name = self._identifier("mem_store_")
        self._put(name, {**msgspec.to_builtins(wanted), "status": "QUEUED"}, at)

        def finish(_: int) -> None:
            self.stores[name].resource["status"] = "ACTIVE"

        return name, self.operations.begin({"storeId": name}, at, finish)

    def profile(self, store: str, name: str) -> Resource:
        """Return a profile. Raises RefusedError (404) and MergedError."""
        found = self.store(store)
        if name in found.merged:
            raise MergedError(self.canonical(store, name))
        if name not in found.profiles:
            raise not_found(name)
        return found.profiles[name]

    def canonical(self, store: str, name: str) -> str:
        """Return the profile that a profile has become."""
        merged = self.store(store).merged
        while name in merged:
            name = merged[name]
        return name

    def resolve(self, store: str, id_type: str, value: str, at: int) -> str:
        """Return the profile with this identifier, made where there is none. Raises RefusedError (404)."""
        found = self.store(store)
        key = f"{id_type}={normalized(id_type, value)}"
        if key not in found.identifiers:
            name = identifier("mem_profile_", self._birth.seed, store, key)
            traits = {"Contact": {id_type: normalized(id_type, value)}}
            found.profiles[name] = {"id": name, "createdAt": from_milliseconds(at), "traits": traits}
            found.identifiers[key] = name
        return self.canonical(store, found.identifiers[key])

    def lookup(self, store: str, id_type: str, value: str) -> list[str]:
        """Return the profiles with this identifier, at most one. Raises RefusedError (404)."""
        name = self.store(store).identifiers.get(f"{id_type}={normalized(id_type, value)}")
        return [] if name is None else [self.canonical(store, name)]

    def merge(self, store: str, name: str, at: int) -> str:
        """Merge a profile into a new one, which gets all that was written of it; return that one's id."""
        found = self.store(store)
        name = self.canonical(store, name)
        other = identifier("mem_profile_", self._birth.seed, store, "merged", name)
        old = self.profile(store, name)
        found.profiles[other] = {**old, "id": other, "createdAt": from_milliseconds(at)}
        found.merged[name] = other
        for written in (*found.observations.values(), *found.summaries.values()):
            written.profile = other if written.profile == name else written.profile
        return other

    def observe(self, store: str, profile: str, wanted: NewObservations, at: int) -> None:
        """Take observations, to be seen later. Raises RefusedError (404) and MergedError."""
        self.profile(store, profile)
        for each in wanted.observations:
            _time(each.occurred_at)
        self._write(self.store(store).observations, "mem_observation_", profile, wanted.observations, at)

    def summarize(self, store: str, profile: str, wanted: NewSummaries, at: int) -> None:
        """Take summaries, to be seen later. Raises RefusedError (404) and MergedError."""
        self.profile(store, profile)
        self._write(self.store(store).summaries, "mem_summary_", profile, wanted.summaries, at)

    def extract(self, store: str, profile: str, conversation: str, at: int) -> None:
        """Write what Twilio makes of a conversation by itself; nothing where the store or profile is gone."""
        found = self.stores.get(store)
        if found is None:
            return
        said = {
            "content": "The customer was in touch.",
            "source": EXTRACTED,
            "occurredAt": from_milliseconds(at),
            "conversationIds": [conversation],
        }
        self._write(found.observations, "mem_observation_", self.canonical(store, profile), [said], at)

    def visible(self, written: Mapping[str, Written], profile: str, at: int) -> list[tuple[str, Written]]:
        """Return what has been written of a profile and can be seen, by id."""
        return [(name, each) for name, each in written.items() if each.profile == profile and each.visible <= at]

    def _write(self, kept: dict[str, Written], prefix: str, profile: str, said: Sequence[object], at: int) -> None:
        time, visible = from_milliseconds(at), at + self._birth.ms(self._birth.visible_after)
        for each in said:
            name = self._identifier(prefix)
            resource = {"id": name, **msgspec.to_builtins(each), "createdAt": time, "updatedAt": time}
            kept[name] = Written(profile, visible, at, resource)
        trim(kept)

    def _identifier(self, prefix: str) -> str:
        self._count += 1
        return identifier(prefix, self._birth.seed, "memory", str(self._count))

    def _put(self, name: str, body: Resource, at: int) -> None:
        self.stores[name] = Store({"id": name, **body, "version": 1, "dataAsOf": from_milliseconds(at)})


def normalized(id_type: str, value: str) -> str:
    """Return an identifier as it is compared: of a phone number the digits and the plus."""
    if id_type != "phone":
        return value.strip().lower()
    return re.sub(r"[^+\d]", "", value.rpartition(":")[2])


def matching(written: Iterable[tuple[str, Written]], source: str | None, after: str, before: str) -> list[Written]:
    """Return what has this source (any, if None) and was created between two fixed-width times ("" for open ends)."""
    found = [each for _, each in written if source in {None, each.resource.get("source")}]
    return [each for each in found if _within(each.created, after, before)]


def _within(created: int, after: str, before: str) -> bool:
    text = f"{from_milliseconds(created)[:-1]}000Z"
    return (not after or text > after) and (not before or text < before)


def _time(text: str) -> None:
    # The SDK and the specification agree on RFC 3339 here.
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text):
        raise bad_request("occurredAt must be a date-time such as 2026-11-20T14:03:09Z")
