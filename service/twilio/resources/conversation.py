"""PURE. A conversation of the Orchestrator and who takes part in it.

https://www.twilio.com/docs/conversations/orchestrator
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from service.twilio.resources.reading import Json, Resource, created_at, listed, mapping, text, updated_at


class Conversation(Resource, frozen=True):
    """A conversation; `status` is ACTIVE, INACTIVE or CLOSED, and '' where the answer left it out.

    Times have the fixed width, so that they compare as text. `raw` is Twilio's own object, as a callback's `data`
    would be. `configuration_id` is None where the configuration was given inline.
    """

    id: str
    status: str
    configuration_id: str | None = None
    name: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    raw: Json = msgspec.field(default_factory=dict)

    @property
    def memory_store_id(self) -> str | None:
        """The memory store that the conversation's snapshot of its configuration names."""
        return text(mapping(self.raw, "configuration"), "memoryStoreId")


class Address(Resource, frozen=True):
    """Where somebody is reached: on a channel (SMS, VOICE …), in Twilio's own spelling."""

    channel: str
    address: str
    channel_id: str | None = None

    def as_json(self) -> Json:
        """Return it as Twilio takes it."""
        more = {"channelId": self.channel_id} if self.channel_id else {}
        return {"channel": self.channel, "address": self.address, **more}


class NewParticipant(Resource, frozen=True):
    """Somebody to create a conversation with; `type` is HUMAN_AGENT, CUSTOMER or AI_AGENT."""

    addresses: tuple[Address, ...]
    type: str | None = None
    name: str | None = None
    profile_id: str | None = None

    def as_json(self) -> Json:
        """Return it as Twilio takes it, without what is not known."""
        known = {"name": self.name, "type": self.type, "profileId": self.profile_id}
        addresses = [address.as_json() for address in self.addresses]
        return {**{name: value for name, value in known.items() if value is not None}, "addresses": addresses}


class Participant(Resource, frozen=True):
    """Somebody in a conversation; `type` as Twilio says, which may be wrong and may change later."""

    id: str
    conversation_id: str
    type: str | None
    profile_id: str | None
    addresses: tuple[Address, ...]
    name: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    raw: Json = msgspec.field(default_factory=dict)


def conversation_of(body: Any, asked_for: str = "") -> Conversation:  # noqa: ANN401 - any JSON
    """Return the conversation that an answer tells of; `asked_for` is its id where the answer leaves that out."""
    return Conversation(
        text(body, "id") or asked_for,
        text(body, "status") or "",
        text(body, "configurationId"),
        text(body, "name"),
        created_at(body),
        updated_at(body),
        body if isinstance(body, dict) else {},
    )


def participant_of(body: Any, conversation_id: str) -> Participant:  # noqa: ANN401 - any JSON
    """Return the participant that an answer or a list's item tells of."""
    return Participant(
        text(body, "id") or "",
        conversation_id,
        text(body, "type"),
        text(body, "profileId"),
        tuple(_addresses(body)),
        text(body, "name"),
        created_at(body),
        updated_at(body),
        body if isinstance(body, dict) else {},
    )


def _addresses(body: object) -> Iterator[Address]:
    for entry in listed(body, "addresses"):
        address = text(entry, "address")
        if address:
            yield Address(text(entry, "channel") or "", address, text(entry, "channelId"))
