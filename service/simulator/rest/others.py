"""PURE. Intelligence v3's operator results and conversations, and messages and calls of the classic API."""

from datetime import datetime, timedelta

from service.events.times import fixed_width
from service.simulator.call import Call, Reply, Resource, bad_request, not_found, page
from service.simulator.rest.route import Route
from service.simulator.world.world import World

_RESULTS = "/intelligence/v3/OperatorResults"
_LONGEST = timedelta(days=31)
_ACCOUNT = "/api/2010-04-01/Accounts/{account}"


def routes() -> list[Route]:
    """Return the routes."""
    return [
        Route("intelligence", _RESULTS, {"GET": _results}),
        Route("intelligence", f"{_RESULTS}/{{result}}", {"GET": _result, "DELETE": _delete}),
        Route("intelligence", "/intelligence/v3/Conversations", {"GET": _conversations}),
        Route("api", f"{_ACCOUNT}/Messages/{{message}}.json", {"GET": _message}),
        Route("api", f"{_ACCOUNT}/Calls/{{call}}.json", {"GET": _call}),
    ]


def _results(world: World, call: Call) -> Reply:
    wanted = [call.one(name) for name in ("conversationId", "intelligenceConfigurationId", "operatorId")]
    found = [(name, each) for name, each in world.results.kept.items() if _is(each, wanted)]
    listed = page(call, "items", found)
    return Reply(200, {"items": listed["items"], "meta": listed["meta"]})


def _is(result: Resource, wanted: list[str | None]) -> bool:
    actual = (result["conversationId"], result["intelligenceConfiguration"]["id"], result["operator"]["id"])
    return all(each in {None, value} for each, value in zip(wanted, actual, strict=True))


def _conversations(world: World, call: Call) -> Reply:
    """The only list of conversations with a date filter; it knows those that Intelligence is linked to."""
    after, before = _span(call)
    configuration = call.one("conversationConfigurationId")
    found = [
        (key, kept.resource)
        for key, kept in world.conversations.with_status(call.all("status"))
        if kept.resource["configuration"]["intelligenceConfigurationIds"]
        and configuration in {None, kept.resource["configurationId"]}
        and after <= (fixed_width(kept.resource["createdAt"]) or "") < before
    ]
    listed = page(call, "items", found)
    return Reply(200, {"items": listed["items"], "meta": listed["meta"]})


def _span(call: Call) -> tuple[str, str]:
    given = (call.one("createdAtAfter"), call.one("createdAtBefore"))
    after, before = (fixed_width(text) if text else bound for text, bound in zip(given, ("", "9"), strict=True))
    if after is None or before is None:
        raise bad_request("createdAtAfter and createdAtBefore must be date-times")
    if after and before != "9" and datetime.fromisoformat(before) - datetime.fromisoformat(after) > _LONGEST:
        raise bad_request("the time between createdAtAfter and createdAtBefore must not exceed 31 days")
    return after, before


def _result(world: World, call: Call) -> Reply:
    return Reply(200, _one(world.results.kept, call.names["result"]))


def _delete(world: World, call: Call) -> Reply:
    _one(world.results.kept, call.names["result"])
    del world.results.kept[call.names["result"]]
    return Reply(204)


def _message(world: World, call: Call) -> Reply:
    return Reply(200, _of_account(world, call, world.classic.messages, call.names["message"]))


def _call(world: World, call: Call) -> Reply:
    return Reply(200, _of_account(world, call, world.classic.calls, call.names["call"]))


def _of_account(world: World, call: Call, kept: dict[str, Resource], name: str) -> Resource:
    if call.names["account"] != world.birth.account_id:
        raise not_found(call.names["account"])
    return _one(kept, name)


def _one(kept: dict[str, Resource], name: str) -> Resource:
    if name not in kept:
        raise not_found(name)
    return kept[name]
