"""PURE. Conversations, who takes part, and what they say; each change is told to the conversation's own URLs.

What Twilio does not tell, such as a deletion, is not told here either.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from service.events.times import from_milliseconds
from service.simulator.call import Resource, not_found
from service.simulator.scenario import identifier
from service.simulator.world.birth import Birth
from service.simulator.world.callback import Outgoing
from service.simulator.world.timers import Timers


class Kept(msgspec.Struct, eq=False):
    """A conversation and what belongs to it.

    `stamp` is its newest time in ms (no two states have the same one), `quiet_since` when somebody last said something,
    on `channel`. `group` is by what traffic finds it, `told` counts its callbacks.
    """

    resource: Resource
    number: int
    channel: str = ""
    quiet_since: int = 0
    stamp: int = 0
    group: str | None = None
    closed_by: str | None = None
    extracted: bool = False
    told: int = 0
    participants: dict[str, Resource] = {}
    communications: dict[str, Resource] = {}

    @property
    def id(self) -> str:
        """Its id."""
        found: str = self.resource["id"]
        return found

    @property
    def status(self) -> str:
        """ACTIVE, INACTIVE or CLOSED."""
        found: str = self.resource["status"]
        return found


class Conversations:
    """All of them by id and by the group that traffic belongs to; `when_quiet` hears of those that go quiet."""

    def __init__(self, birth: Birth, outgoing: Outgoing, when_quiet: Callable[[Kept, int], None]) -> None:
        self._birth, self._outgoing, self._when_quiet = birth, outgoing, when_quiet
        self.kept: dict[str, Kept] = {}
        self.open: dict[str, str] = {}
        self.timers = Timers(birth)
        self.count = 0
        self.forgotten = 0

    def find(self, name: str) -> Kept:
        """Return a conversation. Raises RefusedError (404)."""
        if name not in self.kept:
            raise not_found(name)
        return self.kept[name]

    def create(self, name: str, members: Resource, at: int, group: str | None = None) -> Kept:
        """Make a conversation, and tell of it; `members` are its own beyond what all have."""
        self.count += 1
        time = from_milliseconds(at)
        common = {"id": name, "accountId": self._birth.account_id, "status": "ACTIVE"}
        kept = Kept({**common, **members, "createdAt": time, "updatedAt": time}, self.count, stamp=at, group=group)
        self.kept[name] = kept
        if group is not None:
            self.open[group] = name
        self._tell(kept, "CONVERSATION_CREATED", kept.resource, at)
        self._forget()
        return kept

    def change(self, kept: Kept, members: Mapping[str, object], at: int) -> None:
        """Change a conversation's members, and tell of it where status, name or metadata differ."""
        told = any(kept.resource.get(name) != value for name, value in members.items() if name != "configuration")
        time = self._time(kept, at)
        kept.resource = {**kept.resource, **members, "updatedAt": time}
        if told:
            self._tell(kept, "CONVERSATION_UPDATED", kept.resource, at)

    def turn(self, kept: Kept, status: str, at: int, by: str, due: int | None = None) -> bool:
        """Give a conversation another status; return whether it was another. `by` is who did it.

        `due` is the time that timers go by, where that differs from the time of the change.
        """
        if kept.status == status:
            return False
        self.change(kept, {"status": status}, at)
        if status == "CLOSED":
            kept.closed_by = by
            if kept.group is not None and self.open.get(kept.group) == kept.id:
                del self.open[kept.group]
        if status != "ACTIVE":
            self._when_quiet(kept, at)
        self.timers.watch(kept.id, kept.resource, kept.channel, kept.quiet_since if due is None else due)
        return True

    def delete(self, kept: Kept) -> None:
        """Forget a conversation: Twilio tells nothing of it."""
        self.kept.pop(kept.id, None)
        if kept.group is not None and self.open.get(kept.group) == kept.id:
            del self.open[kept.group]

    def join(self, kept: Kept, name: str, members: Resource, at: int) -> Resource:
        """Add a participant, and tell of it."""
        time = self._time(kept, at)
        common = {"id": name, "conversationId": kept.id, "accountId": self._birth.account_id}
        kept.participants[name] = {**common, **members, "createdAt": time, "updatedAt": time}
        self._tell(kept, "PARTICIPANT_ADDED", kept.participants[name], at)
        return kept.participants[name]

    def update(self, kept: Kept, name: str, members: Resource, at: int) -> Resource:
        """Change a participant, and tell of it; a member that is None goes."""
        changed = {**kept.participants[name], **members, "updatedAt": self._time(kept, at)}
        kept.participants[name] = {key: value for key, value in changed.items() if value is not None}
        self._tell(kept, "PARTICIPANT_UPDATED", kept.participants[name], at)
        return kept.participants[name]

    def leave(self, kept: Kept, name: str, at: int) -> None:
        """Let a participant go, and tell of it."""
        found = kept.participants.pop(name)
        self._tell(kept, "PARTICIPANT_REMOVED", {**found, "updatedAt": self._time(kept, at)}, at)

    def say(self, kept: Kept, members: Resource, at: int, due: int) -> Resource:
        """Add a communication, or change the one with the same resource id, and tell of it.

        Traffic makes an inactive conversation active again.
        """
        kept.channel, kept.quiet_since = members["author"]["channel"], due
        self.turn(kept, "ACTIVE", at, "traffic", due)
        self.timers.watch(kept.id, kept.resource, kept.channel, due)
        resource = members.get("resourceId")
        same = [each["id"] for each in kept.communications.values() if resource and each.get("resourceId") == resource]
        if same:
            return self.amend(kept, same[0], members, at)
        time = self._time(kept, at)
        name = identifier("conv_communication_", self._birth.seed, kept.id, str(len(kept.communications)))
        common = {"id": name, "conversationId": kept.id, "accountId": self._birth.account_id, "occurredAt": time}
        kept.communications[name] = {**common, **members, "createdAt": time, "updatedAt": time}
        self._tell(kept, "COMMUNICATION_CREATED", kept.communications[name], at)
        return kept.communications[name]

    def amend(self, kept: Kept, name: str, members: Resource, at: int) -> Resource:
        """Change a communication, and tell of it."""
        kept.communications[name] = {**kept.communications[name], **members, "updatedAt": self._time(kept, at)}
        self._tell(kept, "COMMUNICATION_UPDATED", kept.communications[name], at)
        return kept.communications[name]

    def tick(self, at: int) -> None:
        """Let the timers that are due make conversations inactive, or close them."""
        for name, status in self.timers.due(at):
            kept = self.kept.get(name)
            if kept is not None and kept.status != "CLOSED":
                self.turn(kept, status, at, "timer")

    def with_status(self, statuses: Iterable[str]) -> list[tuple[str, Kept]]:
        """Return the conversations with one of these statuses (all, if none is named) by a key that orders them."""
        wanted = set(statuses)
        return [(f"{each.number:012}", each) for each in self.kept.values() if not wanted or each.status in wanted]

    def _time(self, kept: Kept, at: int) -> str:
        # Two changes within a millisecond would look like one state.
        kept.stamp = max(at, kept.stamp + 1)
        return from_milliseconds(kept.stamp)

    def _tell(self, kept: Kept, kind: str, data: Resource, at: int) -> None:
        # Counted, not timed: the same story has the same tokens each time that it is told.
        kept.told += 1
        for callback in kept.resource["configuration"]["statusCallbacks"]:
            if callback.get("method", "POST") == "POST":
                self._outgoing.report(callback["url"], kind, data, at, f"{kept.id}/{kept.told}")

    def _forget(self) -> None:
        if len(self.kept) > self._birth.most:
            oldest = next((each for each in self.kept.values() if each.status == "CLOSED"), None)
            self.delete(oldest or next(iter(self.kept.values())))
            self.forgotten += 1
