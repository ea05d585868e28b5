"""The conversations of the simulated Twilio, held in memory: steps change them, and so does closing. Pure."""

from collections import OrderedDict
from typing import Any

import msgspec

from service.simulator.scenario import Kind, Step

MOST_CONVERSATIONS = 500
"""Conversations that are remembered; the oldest go first."""

Resource = dict[str, Any]


class Callback(msgspec.Struct, frozen=True):
    """What Twilio tells a `statusCallbacks` URL: the kind of event, its time, and the whole resource after it."""

    kind: Kind
    timestamp: str
    data: Resource

    def body(self) -> bytes:
        """Return the request body."""
        return msgspec.json.encode({"eventType": self.kind, "timestamp": self.timestamp, "data": self.data})


class World:
    """Knows the newest conversations of one account."""

    def __init__(self, account_id: str, configuration_id: str) -> None:
        self._account_id, self._configuration_id = account_id, configuration_id
        # By conversation, then by the resource's id; the conversation itself is one of its own resources.
        self._conversations: OrderedDict[str, dict[str, Resource]] = OrderedDict()

    def play(self, conversation_id: str, step: Step, at: str) -> Callback:
        """Let a step happen at a time (ISO 8601, UTC), and return what Twilio would tell of it."""
        resources = self._conversations.setdefault(conversation_id, {})
        old = resources.get(step.resource_id) or self._new(conversation_id, step, at)
        resources[step.resource_id] = {**old, **step.members, "updatedAt": at}
        while len(self._conversations) > MOST_CONVERSATIONS:
            self._conversations.popitem(last=False)
        return Callback(step.kind, at, resources[step.resource_id])

    def close(self, conversation_id: str, at: str) -> Callback | None:
        """Close a conversation and return what Twilio would tell of it; None where it is closed already or unknown."""
        conversation = self.conversation(conversation_id)
        if conversation is None or conversation["status"] == "CLOSED":
            return None
        return self.play(conversation_id, Step(0, "CONVERSATION_UPDATED", conversation_id, {"status": "CLOSED"}), at)

    def conversation(self, conversation_id: str) -> Resource | None:
        """Return a conversation as it is now, or None."""
        return self._conversations.get(conversation_id, {}).get(conversation_id)

    def communications(self, conversation_id: str) -> list[Resource]:
        """Return a conversation's communications in the order in which they came."""
        return [each for each in self._conversations.get(conversation_id, {}).values() if "content" in each]

    def _new(self, conversation_id: str, step: Step, at: str) -> Resource:
        common = {"id": step.resource_id, "accountId": self._account_id, "createdAt": at}
        if step.resource_id == conversation_id:
            return {**common, "configurationId": self._configuration_id, "name": None}
        when = {"occurredAt": at} if step.kind == "COMMUNICATION_CREATED" else {}
        return {**common, "conversationId": conversation_id, **when}
