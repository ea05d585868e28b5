"""What reconciliation asks Twilio for, counted by call: pages of the list of open conversations, and looks into one."""

from collections.abc import Iterator

from service.events.types import ACTIVE, INACTIVE
from service.twilio.api import ConversationsApi
from service.twilio.errors import MissingError, RejectedError
from service.twilio.reconstruction import Found, found
from service.twilio.resources.reading import Json, lacks
from workers.jobs.reconciling import LIST_PAGE

LOOK_PAGE = 100
"""Participants, or communications, that one call lists."""
_NEEDED = {"participant": ("createdAt", "addresses"), "communication": ("createdAt", "author", "content")}


class Fetcher:
    """Twilio's side of a pass; every method raises a TwilioError when it did not get what it asked for."""

    def __init__(self, twilio: ConversationsApi, account_id: str | None) -> None:
        """`account_id` is whose conversations these are where an answer does not say."""
        self._twilio, self._account = twilio, account_id
        self.calls = 0

    def open_ones(self) -> Iterator[list[Found]]:
        """Yield all conversations that are not closed, a page at a time, with what the list says of them."""
        self.calls += 1
        page: list[Found] = []
        for item in self._twilio.list(statuses=(ACTIVE, INACTIVE), needed=(), page_size=LIST_PAGE):
            one = found("conversation", item.raw, item.id, self._account)
            page += [one] if one else []
            if len(page) == LIST_PAGE:
                yield page
                self.calls += 1
                page = []
        yield page

    def conversation(self, conversation_id: str) -> Found | None:
        """Return a conversation by itself; None where the answer cannot be read as one."""
        self.calls += 1
        raw = {"id": conversation_id, **self._twilio.fetch(conversation_id).raw}
        return found("conversation", raw, conversation_id, self._account)

    def inside(self, conversation_id: str) -> list[Found]:
        """Return who takes part in a conversation, and what was said, with what the lists say."""
        people = [one.raw for one in self._twilio.participants(conversation_id, needed=())]
        said = [one.raw or {} for one in self._twilio.communications(conversation_id, whole=True)]
        self.calls += _pages(people) + _pages(said)
        both = [found("participant", raw, conversation_id, self._account) for raw in people]
        both += [found("communication", raw, conversation_id, self._account) for raw in said]
        return [one for one in both if one is not None]

    def whole(self, conversation_id: str, one: Found) -> Found:
        """Return a resource that its list gave in part, fetched by itself; as it is where Twilio does not show it."""
        if one.kind == "conversation" or not lacks(one.data, _NEEDED[one.kind]):
            return one
        self.calls += 1
        try:
            raw = self._one(conversation_id, one)
        except (MissingError, RejectedError):
            return one
        return found(one.kind, {**one.data, **raw}, conversation_id, self._account) or one

    def _one(self, conversation_id: str, one: Found) -> Json:
        if one.kind == "participant":
            return self._twilio.participant(conversation_id, one.id).raw
        return self._twilio.communication(conversation_id, one.id, whole=True).raw or {}


def _pages(items: list[Json]) -> int:
    return max(1, -(-len(items) // LOOK_PAGE))
