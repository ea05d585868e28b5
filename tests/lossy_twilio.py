"""Conversations that go on at a small real Twilio, and the callbacks of all that happens, of which some are lost."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from service.events.event import Event
from service.twilio.callbacks import parse
from tests.fake_twilio import FakeTwilio
from tests.twilio_callbacks import ACCOUNT, written

LISTED = {
    "id", "conversationId", "accountId", "author", "content", "recipients", "channelId", "createdAt", "updatedAt",
    "occurredAt",
}  # fmt: skip
Change = tuple[str, dict[str, Any]]


class LossyTwilio:
    """What happens at `twilio` from `began` on (three minutes ago); `told` are all callbacks, as events, in order."""

    def __init__(self, twilio: FakeTwilio, began: datetime | None = None) -> None:
        twilio.forget()
        twilio.list_fields = set(LISTED)
        self.twilio, self._now = twilio, began or datetime.now(UTC) - timedelta(minutes=3)
        self.told: list[Event] = []
        self._number = 0

    def rest(self, **more: int) -> None:
        """Let time pass: seconds, minutes and so on."""
        self._now += timedelta(**more)

    def _tick(self) -> str:
        self._now += timedelta(milliseconds=137)
        return self._now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _tell(self, kind: str, resource: dict[str, Any]) -> Event:
        self.told.append(parse(written(kind, json.loads(json.dumps(resource)), self._tick()), 0))
        return self.told[-1]

    def _own(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        at = self._tick()
        return {"accountId": ACCOUNT, "createdAt": at, "updatedAt": at, **more}

    def begin(self) -> str:
        """Begin a conversation, and return its id."""
        self._number += 1
        one = f"conv_conversation_{self._number:026d}"
        self.twilio.converse(one, "ACTIVE", **self._own(name=None))
        self._tell("CONVERSATION_CREATED", self.twilio.conversations[one])
        return one

    def change(self, one: str, **members: Any) -> Event:  # noqa: ANN401 - any JSON
        """Change a conversation's status or name."""
        self.twilio.conversations[one].update(members, updatedAt=self._tick())
        return self._tell("CONVERSATION_UPDATED", self.twilio.conversations[one])

    def join(self, one: str) -> Event:
        """Let somebody join."""
        number = len(self.twilio.participants.get(one, ()))
        own = self._own(id=f"conv_participant_{one[-9:]}{number:017d}", conversationId=one, type="CUSTOMER")
        self.twilio.join(one, **own, addresses=[{"channel": "SMS", "address": f"+1202555{number:04d}"}])
        return self._tell("PARTICIPANT_ADDED", self.twilio.participants[one][-1])

    def resolve(self, one: str) -> Event:
        """Let the newest participant be known by name."""
        person = self.twilio.participants[one][-1]
        person.update(name="Ann", updatedAt=self._tick())
        return self._tell("PARTICIPANT_UPDATED", person)

    def say(self, one: str) -> Event:
        """Let something be said."""
        number = len(self.twilio.communications[one])
        own = self._own(id=f"conv_communication_{one[-9:]}{number:015d}", author={"address": "+12025550123"})
        more = {"content": {"type": "TEXT", "text": f"Text {number}"}, "recipients": [{"address": "+12025550188"}]}
        self.twilio.communications[one].append({**own, **more, "conversationId": one})
        return self._tell("COMMUNICATION_CREATED", self.twilio.communications[one][-1])

    def arrive(self, one: str) -> Event:
        """Let the newest communication be delivered."""
        said = self.twilio.communications[one][-1]
        said.update(recipients=[{"address": "+12025550188", "deliveryStatus": "DELIVERED"}], updatedAt=self._tick())
        return self._tell("COMMUNICATION_UPDATED", said)

    def live(self, chance: Random, conversations: int) -> None:
        """Let conversations be led as they are; a third of them ends, a third goes quiet."""
        for _ in range(conversations):
            one = self.begin()
            self.join(one)
            self.say(one)
            for step in chance.choices([self.say, self.arrive, self.resolve, self.join], k=chance.randint(1, 6)):
                step(one)
            for status in chance.choice([[], ["INACTIVE"], ["INACTIVE", "ACTIVE"], ["INACTIVE", "CLOSED"], ["CLOSED"]]):
                self.change(one, status=status)


def needed(told: Iterable[Event]) -> set[str]:
    """Return the ids of what everybody must get: each creation, and the latest state of each resource."""
    events = list(told)
    creations = {one.id for one in events if not one.kind.endswith("_UPDATED")}
    return creations | set({one.resource_id: one.id for one in events}.values())
