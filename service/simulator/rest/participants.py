"""PURE. Conversations v2: who takes part, and what they say."""

import msgspec

from service.simulator.call import Call, RefusedError, Reply, Resource, conflict, not_found, page
from service.simulator.rest.configurations import BASE
from service.simulator.rest.conversations import members
from service.simulator.rest.route import Route
from service.simulator.scenario import identifier
from service.simulator.wanted import NewCommunication, NewParticipant
from service.simulator.world.conversations import Kept
from service.simulator.world.world import World

_PARTICIPANTS = f"{BASE}/Conversations/{{conversation}}/Participants"
_COMMUNICATIONS = f"{BASE}/Conversations/{{conversation}}/Communications"


def routes() -> list[Route]:
    """Return the routes."""
    return [
        Route("conversations", _PARTICIPANTS, {"GET": _participants, "POST": _join}),
        Route("conversations", f"{_PARTICIPANTS}/{{participant}}", {"GET": _participant, "PUT": _replace}),
        Route("conversations", _COMMUNICATIONS, {"GET": _communications, "POST": _say}),
        Route("conversations", f"{_COMMUNICATIONS}/{{communication}}", {"GET": _communication}),
    ]


def _participants(world: World, call: Call) -> Reply:
    return Reply(200, page(call, "participants", _kept(world, call).participants.items()))


def _participant(world: World, call: Call) -> Reply:
    return Reply(200, _one(_kept(world, call).participants, call.names["participant"]))


def _join(world: World, call: Call) -> Reply:
    kept = _open(world, call)
    wanted = members(call.wanted(NewParticipant))
    _check_free(kept, wanted, None)
    name = identifier("conv_participant_", world.birth.seed, kept.id, "joined", str(len(kept.participants)))
    return Reply(201, world.conversations.join(kept, name, wanted, call.at))


def _replace(world: World, call: Call) -> Reply:
    kept = _open(world, call)
    name = call.names["participant"]
    _one(kept.participants, name)
    wanted = members(call.wanted(NewParticipant))
    _check_free(kept, wanted, name)
    # A full replacement: what is left out goes.
    return Reply(200, world.conversations.update(kept, name, {"type": None, "profileId": None, **wanted}, call.at))


def _communications(world: World, call: Call) -> Reply:
    kept, channel = _kept(world, call), call.one("channelId")
    # By id: Twilio documents no order, and nobody should come to rely on one.
    found = [(name, each) for name, each in kept.communications.items() if channel in {None, each.get("channelId")}]
    return Reply(200, page(call, "communications", found))


def _communication(world: World, call: Call) -> Reply:
    return Reply(200, _one(_kept(world, call).communications, call.names["communication"]))


def _say(world: World, call: Call) -> Reply:
    kept = _open(world, call)
    wanted: Resource = msgspec.to_builtins(call.wanted(NewCommunication))
    return Reply(201, world.conversations.say(kept, wanted, call.at, call.at))


def _kept(world: World, call: Call) -> Kept:
    return world.conversations.find(call.names["conversation"])


def _open(world: World, call: Call) -> Kept:
    kept = _kept(world, call)
    if kept.status == "CLOSED":
        raise RefusedError(409, 20409, "The conversation is closed")
    return kept


def _one(found: dict[str, Resource], name: str) -> Resource:
    if name not in found:
        raise not_found(name)
    return found[name]


def _check_free(kept: Kept, wanted: Resource, own: str | None) -> None:
    taken = [(each["channel"], each["address"]) for each in wanted["addresses"]]
    for name, participant in kept.participants.items():
        if name != own and any((each["channel"], each["address"]) in taken for each in participant["addresses"]):
            raise conflict("Another participant has this address", name)
