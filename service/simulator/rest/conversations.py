"""PURE. Conversations v2: conversations."""

from collections.abc import Iterable

import msgspec
from msgspec import UNSET

from service.simulator.call import Call, RefusedError, Reply, Resource, bad_request, conflict, page
from service.simulator.rest.configurations import BASE, accepted
from service.simulator.rest.route import Route
from service.simulator.scenario import identifier
from service.simulator.wanted import (
    MOST_METADATA,
    ChangedConversation,
    NewConversation,
    NewParticipant,
    ReplacedConversation,
)
from service.simulator.world.conversations import Kept
from service.simulator.world.world import World

STATUSES = ("ACTIVE", "INACTIVE", "CLOSED")


def routes() -> list[Route]:
    """Return the routes."""
    one = {"GET": _fetch, "PATCH": _change, "PUT": _replace, "DELETE": _delete}
    return [
        Route("conversations", f"{BASE}/Conversations", {"POST": _create, "GET": _list}),
        Route("conversations", f"{BASE}/Conversations/{{conversation}}", one),
    ]


def members(participant: NewParticipant) -> Resource:
    """Return what a participant's resource holds of a call's body."""
    found: Resource = msgspec.to_builtins(participant)
    named = {**found, "name": found["name"] or next((each["address"] for each in found["addresses"]), "")}
    return {name: value for name, value in named.items() if value is not None}


def _create(world: World, call: Call) -> Reply:
    wanted = call.wanted(NewConversation)
    _check_metadata(wanted.metadata)
    configuration = world.configurations.snapshot(wanted.configuration_id)
    if wanted.configuration is not UNSET:
        configuration |= msgspec.to_builtins(wanted.configuration)
    people = [members(each) for each in wanted.participants]
    _check_free(world, wanted.configuration_id, people)
    body = {"configurationId": wanted.configuration_id, "name": wanted.name, "configuration": configuration}
    name = identifier("conv_conversation_", world.birth.seed, "created", str(world.conversations.count))
    kept = world.conversations.create(name, {**body, "metadata": wanted.metadata}, call.at)
    for number, each in enumerate(people):
        who = identifier("conv_participant_", world.birth.seed, name, "invited", str(number))
        world.conversations.join(kept, who, each, call.at)
    return Reply(201, kept.resource)


def _check_free(world: World, configuration: str, people: list[Resource]) -> None:
    """Refuse where an open conversation has the same participants, which the specification does not say it does."""
    wanted = _addresses(people)
    for kept in world.conversations.kept.values():
        same = wanted and _addresses(kept.participants.values()) == wanted
        if same and kept.status != "CLOSED" and kept.resource["configurationId"] == configuration:
            raise conflict("A conversation with these participants is open", kept.id)


def _addresses(people: Iterable[Resource]) -> set[tuple[str, str]]:
    return {(each["channel"], each["address"]) for person in people for each in person["addresses"]}


def _list(world: World, call: Call) -> Reply:
    statuses, channel = call.all("status"), call.one("channelId")
    for status in statuses:
        if status not in STATUSES:
            raise bad_request(f"status must be one of {', '.join(STATUSES)}")
    found = world.conversations.with_status(statuses)
    named = [(key, kept.resource) for key, kept in found if channel is None or _has_channel(kept, channel)]
    return Reply(200, page(call, "conversations", named))


def _has_channel(kept: Kept, channel: str) -> bool:
    return any(each.get("channelId") == channel for each in kept.communications.values())


def _fetch(world: World, call: Call) -> Reply:
    return Reply(200, world.conversations.find(call.names["conversation"]).resource)


def _change(world: World, call: Call) -> Reply:
    kept = world.conversations.find(call.names["conversation"])
    wanted = call.wanted(ChangedConversation)
    changed: Resource = {} if wanted.name is UNSET else {"name": wanted.name}
    if wanted.metadata is not UNSET:
        merged = {**kept.resource.get("metadata", {}), **wanted.metadata}
        changed["metadata"] = _check_metadata({key: value for key, value in merged.items() if value is not None})
    if wanted.configuration is not UNSET:
        changed["configuration"] = {**kept.resource["configuration"], **msgspec.to_builtins(wanted.configuration)}
    return _changed(world, kept, changed, None if wanted.status is UNSET else wanted.status, call.at)


def _replace(world: World, call: Call) -> Reply:
    kept = world.conversations.find(call.names["conversation"])
    wanted = call.wanted(ReplacedConversation)
    changed = {"name": wanted.name, "metadata": _check_metadata(wanted.metadata)}
    return _changed(world, kept, changed, wanted.status, call.at)


def _changed(world: World, kept: Kept, changed: Resource, status: str | None, at: int) -> Reply:
    if kept.status == "CLOSED":
        _check_closed(world, status)
    if changed:
        world.conversations.change(kept, changed, at)
    if status is not None and kept.status != "CLOSED":
        world.conversations.turn(kept, status, at, "rest")
    return Reply(200, kept.resource)


def _check_closed(world: World, status: str | None) -> None:
    answer = world.faults.already_closed
    if status in {"ACTIVE", "INACTIVE"}:
        raise RefusedError(409, 20409, "The conversation is closed, and closing is final")
    if status == "CLOSED" and answer != 200:  # noqa: PLR2004 - a status
        raise RefusedError(answer, 20409, "The conversation is already closed")


def _check_metadata(metadata: dict[str, str]) -> dict[str, str]:
    if len(metadata) > MOST_METADATA:
        raise bad_request(f"metadata must not have more than {MOST_METADATA} entries")
    return metadata


def _delete(world: World, call: Call) -> Reply:
    kept = world.conversations.find(call.names["conversation"])

    def finish(_: int) -> None:
        world.conversations.delete(kept)

    related = {"conversationId": kept.id}
    return accepted(call, world.configurations.operations.begin(related, call.at, finish), related)
