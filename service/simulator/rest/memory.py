"""PURE. Memory v1: stores, profiles, observations, summaries, recall."""

import msgspec

from service.events.times import fixed_width, from_milliseconds
from service.simulator.call import Call, Reply, Resource, bad_request, not_found, page
from service.simulator.rest.route import Route
from service.simulator.wanted import ChangedObservation, Lookup, NewObservations, NewProfile, NewStore, NewSummaries
from service.simulator.world.memory import MergedError, Written, matching, normalized
from service.simulator.world.world import World

BASE = "/memory/v1"
_MOST_STORES = 100
_OBSERVATIONS_SHOWN = 50
"""Items on a page, however many are asked for."""
_PROFILE = f"{BASE}/Stores/{{store}}/Profiles/{{profile}}"
_IDENTIFIERS = ("phone", "email")


def routes() -> list[Route]:
    """Return the routes."""
    observation = {"GET": _observation, "PATCH": _change_observation, "DELETE": _delete_observation}
    return [
        Route("memory", f"{BASE}/ControlPlane/Stores", {"GET": _stores, "POST": _create_store}),
        Route("memory", f"{BASE}/ControlPlane/Stores/{{store}}", {"GET": _store, "DELETE": _delete_store}),
        Route("memory", f"{BASE}/ControlPlane/Operations/{{operation}}", {"GET": _operation}),
        Route("memory", f"{BASE}/Stores/{{store}}/Profiles", {"POST": _resolve}),
        Route("memory", f"{BASE}/Stores/{{store}}/Profiles/Lookup", {"POST": _lookup}),
        Route("memory", _PROFILE, {"GET": _profile}),
        Route("memory", f"{_PROFILE}/Observations", {"GET": _observations, "POST": _observe}),
        Route("memory", f"{_PROFILE}/Observations/{{observation}}", observation),
        Route("memory", f"{_PROFILE}/ConversationSummaries", {"GET": _summaries, "POST": _summarize}),
        Route("memory", f"{_PROFILE}/Recall", {"POST": _recall}),
    ]


def _stores(world: World, call: Call) -> Reply:
    return Reply(200, page(call, "stores", [(name, name) for name in world.memory.stores], _MOST_STORES))


def _create_store(world: World, call: Call) -> Reply:
    _, operation = world.memory.create_store(call.wanted(NewStore), call.at)
    url = f"{call.base}{BASE}/ControlPlane/Operations/{operation}"
    headers = {"Operation-Id": operation, "Location": url, "Retry-After": "1"}
    return Reply(202, {"message": "Accepted", "statusUrl": url}, headers)


def _store(world: World, call: Call) -> Reply:
    found = world.memory.store(call.names["store"]).resource
    return Reply(200, found, {"ETag": f'"{found["version"]}"'})


def _delete_store(world: World, call: Call) -> Reply:
    world.memory.store(call.names["store"])
    del world.memory.stores[call.names["store"]]
    return Reply(202, {"message": "Accepted"})


def _operation(world: World, call: Call) -> Reply:
    return Reply(200, world.memory.operations.fetch(call.names["operation"], f"{call.base}{BASE}"))


def _resolve(world: World, call: Call) -> Reply:
    for group in call.wanted(NewProfile).traits.values():
        for name, value in group.items():
            if name in _IDENTIFIERS and isinstance(value, str):
                return Reply(202, {"id": world.memory.resolve(call.names["store"], name, value, call.at)})
    raise bad_request("traits must hold an identifier: phone or email")


def _lookup(world: World, call: Call) -> Reply:
    wanted = call.wanted(Lookup)
    found = world.memory.lookup(call.names["store"], wanted.id_type, wanted.value)
    return Reply(200, {"normalizedValue": normalized(wanted.id_type, wanted.value), "profiles": found})


def _profile(world: World, call: Call) -> Reply:
    return Reply(200, _found(world, call))


def _observe(world: World, call: Call) -> Reply:
    _found(world, call)
    world.memory.observe(call.names["store"], call.names["profile"], call.wanted(NewObservations), call.at)
    return Reply(202, {"message": "Observations accepted"})


def _observations(world: World, call: Call) -> Reply:
    _found(world, call)
    after, before = _time(call, "createdAfter"), _time(call, "createdBefore")
    found = matching(_visible(world, call), call.one("source"), after, before)
    if call.one("orderBy") not in {None, "ASC", "DESC"}:
        raise bad_request("orderBy must be ASC or DESC")
    # A page goes on after a key, so the newest first needs keys that grow with age.
    newest_first = call.one("orderBy") != "ASC"
    keyed = [(_key(each, newest_first=newest_first), each.resource) for each in found]
    return Reply(200, page(call, "observations", keyed, shown=_OBSERVATIONS_SHOWN))


def _key(written: Written, *, newest_first: bool) -> str:
    at = 10**15 - written.created if newest_first else written.created
    return f"{at:016}{written.resource['id']}"


def _observation(world: World, call: Call) -> Reply:
    return Reply(200, _written(world, call).resource)


def _change_observation(world: World, call: Call) -> Reply:
    found = _written(world, call)
    found.resource |= {**msgspec.to_builtins(call.wanted(ChangedObservation)), "updatedAt": from_milliseconds(call.at)}
    return Reply(202, {"message": "Observation accepted"})


def _delete_observation(world: World, call: Call) -> Reply:
    _written(world, call)
    del world.memory.store(call.names["store"]).observations[call.names["observation"]]
    return Reply(204)


def _summarize(world: World, call: Call) -> Reply:
    _found(world, call)
    world.memory.summarize(call.names["store"], call.names["profile"], call.wanted(NewSummaries), call.at)
    return Reply(202, {"message": "Summaries accepted"})


def _summaries(world: World, call: Call) -> Reply:
    _found(world, call)
    kept = world.memory.store(call.names["store"]).summaries
    found = [(name, each.resource) for name, each in world.memory.visible(kept, call.names["profile"], call.at)]
    return Reply(200, page(call, "summaries", found))


def _recall(world: World, call: Call) -> Reply:
    _found(world, call)
    summaries = world.memory.visible(world.memory.store(call.names["store"]).summaries, call.names["profile"], call.at)
    observations = [{**each.resource, "score": 1.0} for _, each in _visible(world, call)]
    found = {"observations": observations[:20], "summaries": [each.resource for _, each in summaries][:5]}
    return Reply(200, {**found, "communications": [], "meta": {"queryTime": 1}})


def _found(world: World, call: Call) -> Resource:
    """Return the profile; a merged one is answered with where it is now, under the same path."""
    store, name = call.names["store"], call.names["profile"]
    try:
        return world.memory.profile(store, name)
    except MergedError as merged:
        location = f"{call.base}{call.path}".replace(name, merged.canonical)
        merged.headers = {**merged.headers, "Location": location}
        raise


def _visible(world: World, call: Call) -> list[tuple[str, Written]]:
    kept = world.memory.store(call.names["store"]).observations
    return world.memory.visible(kept, call.names["profile"], call.at)


def _written(world: World, call: Call) -> Written:
    _found(world, call)
    name = call.names["observation"]
    found = dict(_visible(world, call))
    if name not in found:
        raise not_found(name)
    return found[name]


def _time(call: Call, name: str) -> str:
    text = call.one(name)
    if text is None:
        return ""
    found = fixed_width(text)
    if found is None:
        raise bad_request(f"{name} must be a date-time such as 2026-11-20T14:03:09Z")
    return found
