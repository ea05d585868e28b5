"""Conversations v2: conversations, who takes part in them, and what was said.

https://www.twilio.com/docs/conversations/orchestrator
"""

from collections.abc import Collection, Iterator, Sequence

import httpx

from service.twilio.api.caller import PAGE_SIZE, Caller, segment
from service.twilio.api.pace import Pace
from service.twilio.errors import UnreachableError
from service.twilio.resources.communication import Communication, communication_of
from service.twilio.resources.conversation import (
    Conversation,
    NewParticipant,
    Participant,
    conversation_of,
    participant_of,
)

STATE = ("status", "createdAt", "updatedAt")
"""What a conversation in a list must have; else it is fetched by itself."""


class ConversationsApi:
    """Conversations v2; each method raises a TwilioError when it did not get what it asked for."""

    def __init__(self, http: httpx.Client, pace: Pace | None = None) -> None:
        """`http` has the base URL of Conversations v2 and the credentials."""
        self._caller = Caller(http, pace)

    def fetch(self, conversation_id: str) -> Conversation:
        """Return the conversation as it is now."""
        return conversation_of(self._caller.call("GET", _path(conversation_id)).body, conversation_id)

    def close(self, conversation_id: str) -> Conversation:
        """Ask for the conversation to be closed, and return what the answer says of it."""
        # PATCH, not PUT: a full replacement would clear name and metadata.
        answer = self._caller.call("PATCH", _path(conversation_id), json={"status": "CLOSED"})
        return conversation_of(answer.body, conversation_id)

    def create(
        self, configuration_id: str, participants: Sequence[NewParticipant] = (), name: str | None = None
    ) -> Conversation:
        """Create a conversation and return it.

        Raises ConflictError where an active one of the same participants exists: its `resource_id` names that one.
        Twilio takes no idempotency key here, so a call whose outcome is unclear must not be repeated blindly.
        """
        people = [each.as_json() for each in participants]
        given = {"configurationId": configuration_id, "name": name, "participants": people}
        body = {member: value for member, value in given.items() if value}
        created = conversation_of(self._caller.call("POST", "/Conversations", json=body).body)
        if not created.id:
            raise UnreachableError("the answer does not name the conversation that was created")
        return created

    def list(
        self,
        *,
        statuses: Collection[str] = (),
        channel_id: str | None = None,
        needed: Collection[str] = STATE,
        page_size: int = PAGE_SIZE,
    ) -> Iterator[Conversation]:
        """Yield conversations; `channel_id` is a CallSid or a MessageSid, `page_size` at most 1,000.

        Twilio has no filter by date. An item without the `needed` members (Twilio's names) is fetched by itself.
        """
        query: list[tuple[str, str | int]] = [*(("status", status) for status in statuses)]
        query += [("channelId", channel_id)] if channel_id else []
        query += [("pageSize", page_size)]
        yield from map(conversation_of, self._caller.whole_items("/Conversations", "conversations", needed, query))

    def participants(self, conversation_id: str, needed: Collection[str] = ("addresses",)) -> Iterator[Participant]:
        """Yield who takes part."""
        path, query = f"{_path(conversation_id)}/Participants", [("pageSize", PAGE_SIZE)]
        for item in self._caller.whole_items(path, "participants", needed, query):
            yield participant_of(item, conversation_id)

    def participant(self, conversation_id: str, participant_id: str) -> Participant:
        """Return one participant."""
        path = f"{_path(conversation_id)}/Participants/{segment(participant_id)}"
        return participant_of({"id": participant_id, **self._caller.call("GET", path).body}, conversation_id)

    def communications(
        self,
        conversation_id: str,
        *,
        channel_id: str | None = None,
        needed: Collection[str] = (),
        whole: bool = False,
    ) -> Iterator[Communication]:
        """Yield all communications, in no particular order: Twilio documents none.

        `whole` keeps Twilio's own object with its text. With `needed`, an item that lacks one of these members is
        fetched by itself; without, items are given as they come.
        """
        path = f"{_path(conversation_id)}/Communications"
        query = [("pageSize", PAGE_SIZE), *([("channelId", channel_id)] if channel_id else ())]
        read = self._caller.whole_items(path, "communications", needed, query) if needed else None
        for item in self._caller.items(path, "communications", query) if read is None else read:
            yield communication_of(item, whole=whole)

    def communication(self, conversation_id: str, communication_id: str, *, whole: bool = False) -> Communication:
        """Return one communication, for what its item in the list left out."""
        path = f"{_path(conversation_id)}/Communications/{segment(communication_id)}"
        return communication_of({"id": communication_id, **self._caller.call("GET", path).body}, whole=whole)


def _path(conversation_id: str) -> str:
    return f"/Conversations/{segment(conversation_id)}"
