"""PURE. What Twilio tells: a POST's URL and body, made the moment that something happens."""

from typing import Any

import msgspec

from service.events.times import from_milliseconds
from service.simulator.call import Resource
from service.simulator.scenario import identifier
from service.simulator.world.birth import Birth


class Callback(msgspec.Struct, frozen=True):
    """One callback to one URL; `pairs` are the form's, for the signature, and None where the body is JSON.

    `number` counts the callbacks of the world, `token` is the same on each attempt. `conversation_id` is None where
    Twilio does not name one; `order` says which callbacks are sent one after the other.
    """

    number: int
    kind: str
    url: str
    body: bytes
    token: str
    order: str
    resource_id: str
    conversation_id: str | None = None
    updated_at: str | None = None
    pairs: tuple[tuple[str, str], ...] | None = None


class Outgoing:
    """Callbacks in the order in which things happened, until they are taken."""

    def __init__(self, birth: Birth) -> None:
        self._birth = birth
        self._waiting: list[Callback] = []
        self._count = 0

    def take(self) -> list[Callback]:
        """Return what has gathered, and begin anew."""
        taken, self._waiting = self._waiting, []
        return taken

    def report(self, url: str, kind: str, data: Resource, at: int, seed: str) -> None:
        """Tell of a conversation, participant or communication; `seed` tells this state of it from its others."""
        body = {"eventType": kind, "timestamp": from_milliseconds(at), "data": data}
        conversation = data.get("conversationId", data["id"])
        self._add(
            kind=kind,
            url=url,
            body=msgspec.json.encode(body),
            token=identifier("", self._birth.seed, kind, seed, url),
            order=conversation,
            resource_id=data["id"],
            conversation_id=conversation,
            updated_at=data["updatedAt"],
        )

    def hook(self, route: str, kind: str, data: Resource, seed: str) -> None:
        """Tell JSON to another route than the Orchestrator's."""
        if self._birth.hooks is not None:
            url = self._birth.hooks + route
            token = identifier("", self._birth.seed, kind, seed)
            body = msgspec.json.encode(data)
            conversation = data.get("conversationId")
            self._add(
                kind=kind, url=url, body=body, token=token, order=seed, resource_id=seed, conversation_id=conversation
            )

    def form(self, route: str, kind: str, pairs: dict[str, str], resource_id: str, seed: str) -> None:
        """Tell a form to one of the classic routes."""
        if self._birth.hooks is not None:
            token = identifier("", self._birth.seed, kind, resource_id, seed)
            self._add(
                kind=kind,
                url=self._birth.hooks + route,
                body=b"",
                token=token,
                order=resource_id,
                resource_id=resource_id,
                pairs=tuple(pairs.items()),
            )

    def _add(self, **fields: Any) -> None:  # noqa: ANN401 - the fields of Callback
        self._count += 1
        self._waiting.append(Callback(number=self._count, **fields))
