"""PURE. A communication: a message, or a piece of a transcript, in a conversation.

Its text is kept only where the caller asks for the whole.
"""

from typing import Any

from service.twilio.resources.reading import Json, Resource, created_at, listed, mapping, moment, text, updated_at


class Party(Resource, frozen=True):
    """Who wrote or said something, or to whom; `delivery_status` is a recipient's."""

    participant_id: str | None
    address: str | None
    channel: str | None
    delivery_status: str | None = None


class Communication(Resource, frozen=True):
    """A communication without its text; times in the fixed width, None where the answer did not say.

    `channel_id` is a CallSid, a MessageSid or a classic conversation's SID; `resource_id` is Twilio's own key for "the
    same communication" inside one conversation. `raw` is Twilio's own object, text and all, where the caller asked
    for the whole; else None.
    """

    id: str
    created_at: str | None
    occurred_at: str | None
    author: Party | None = None
    recipients: tuple[Party, ...] = ()
    channel_id: str | None = None
    resource_id: str | None = None
    updated_at: str | None = None
    raw: Json | None = None

    @property
    def text(self) -> str | None:
        """What was written or said; None where the whole was not asked for, or where there is none."""
        return text(mapping(self.raw, "content"), "text")


def communication_of(body: Any, *, whole: bool = False) -> Communication:  # noqa: ANN401 - any JSON
    """Return the communication that an answer or a list's item tells of; `whole` keeps Twilio's own object."""
    author = mapping(body, "author")
    return Communication(
        text(body, "id") or "",
        created_at(body),
        moment(body, "occurredAt", "dateOccurred"),
        _party(author) if author else None,
        tuple(map(_party, listed(body, "recipients"))),
        text(body, "channelId"),
        text(body, "resourceId"),
        updated_at(body),
        body if whole and isinstance(body, dict) else None,
    )


def _party(entry: object) -> Party:
    return Party(
        text(entry, "participantId"), text(entry, "address"), text(entry, "channel"), text(entry, "deliveryStatus")
    )
