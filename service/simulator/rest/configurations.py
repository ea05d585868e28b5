"""PURE. Conversations v2, control plane: configurations and their operations."""

from service.simulator.call import Call, Reply, page
from service.simulator.rest.route import Route
from service.simulator.wanted import ChangedConfiguration, NewConfiguration, ReplacedConfiguration
from service.simulator.world.configurations import Begun
from service.simulator.world.world import World

BASE = "/conversations/v2"
POLL_AFTER = "1"
"""Seconds that a 202 asks to wait; Twilio's own samples say 5."""


def routes() -> list[Route]:
    """Return the routes."""
    all_of_them, one = f"{BASE}/ControlPlane/Configurations", f"{BASE}/ControlPlane/Configurations/{{configuration}}"
    return [
        Route("conversations", all_of_them, {"POST": _create, "GET": _list}),
        Route("conversations", one, {"GET": _fetch, "PUT": _replace, "PATCH": _change, "DELETE": _delete}),
        Route("conversations", f"{BASE}/ControlPlane/Operations/{{operation}}", {"GET": _operation}),
    ]


def accepted(call: Call, operation: str, related: dict[str, str]) -> Reply:
    """Return the 202 of an operation."""
    url = f"{call.base}{BASE}/ControlPlane/Operations/{operation}"
    headers = {"Operation-Id": operation, "Location": url, "Retry-After": POLL_AFTER}
    return Reply(202, {"statusUrl": url, "related": related}, headers)


def _create(world: World, call: Call) -> Reply:
    return _begun(call, world.configurations.create(call.wanted(NewConfiguration), _key(call), call.at))


def _replace(world: World, call: Call) -> Reply:
    wanted = call.wanted(ReplacedConfiguration)
    return _begun(call, world.configurations.replace(_name(call), wanted, _key(call), call.at))


def _change(world: World, call: Call) -> Reply:
    wanted = call.wanted(ChangedConfiguration)
    return _begun(call, world.configurations.change(_name(call), wanted, _key(call), call.at))


def _delete(world: World, call: Call) -> Reply:
    return _begun(call, world.configurations.delete(_name(call), _key(call), call.at))


def _fetch(world: World, call: Call) -> Reply:
    return Reply(200, world.configurations.fetch(_name(call)))


def _list(world: World, call: Call) -> Reply:
    store = call.one("memoryStoreId")
    found = [(name, each) for name, each in world.configurations.items() if store in {None, each["memoryStoreId"]}]
    return Reply(200, page(call, "configurations", found))


def _operation(world: World, call: Call) -> Reply:
    found = world.configurations.operations.fetch(call.names["operation"], f"{call.base}{BASE}")
    return Reply(200, found, {} if "completedAt" in found else {"Retry-After": POLL_AFTER})


def _begun(call: Call, begun: Begun) -> Reply:
    return accepted(call, begun.operation, {"configurationId": begun.configuration})


def _name(call: Call) -> str:
    return call.names["configuration"]


def _key(call: Call) -> str | None:
    return call.headers.get("idempotency-key")
