"""`/api/endpoints/{id}/replay`: what an endpoint missed, or shall see once more."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.endpoints.endpoint import MOST_TYPES
from service.endpoints.filters import valid
from service.events.replay import MOST_RATE, USUAL_RATE, Only, request_of
from service.store import endpoints
from service.store.keys import Keys
from service.store.replays import Occupied, counted, start
from service.web.api.query import milliseconds
from service.web.api.reading import json_object, unknown
from service.web.api.resource import answer, missing, path_id, resource
from service.web.problems import ProblemError

log = structlog.get_logger()

NOUN = "endpoint"
MEMBERS = ("since", "types", "only", "rate", "dry_run")


class Wish(msgspec.Struct, frozen=True):
    """What a body asks for; `types` of None are the endpoint's own."""

    since_ms: int | None
    types: tuple[str, ...] | None
    only: Only | None
    rate: int
    dry_run: bool


class Replays:
    """The handler of the replays."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis, self._keys = redis, keys

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [resource("/api/endpoints/{id}/replay", {"POST": self._replay})]

    async def _replay(self, request: Request) -> Response:
        endpoint_id, wish = path_id(request, NOUN), wish_of(await json_object(request, optional=True))
        endpoint = await endpoints.get(self._redis, self._keys, endpoint_id)
        if endpoint is None:
            raise missing(NOUN)
        if endpoint.disabled is not None and not wish.dry_run:
            raise ProblemError(409, "the endpoint is disabled: enable it first, then replay")
        types = endpoint.types if wish.types is None else wish.types
        wanted = request_of(types=types, only=wish.only, since_ms=wish.since_ms, rate=wish.rate)
        found = await counted(self._redis, self._keys, endpoint, wanted)
        told = {"count": found.replay.count, "by_type": found.by_type}
        if wish.dry_run or not found.replay.count:
            return answer({**told, "job_id": None})
        job = await start(self._redis, self._keys, endpoint, found.replay, datetime.now(UTC))
        if isinstance(job, Occupied):
            raise _occupied(job)
        log.info("replay.requested", endpoint_id=endpoint_id, job_id=job.job_id, events=found.replay.count)
        return answer({**told, "job_id": job.job_id}, 202, {"Location": f"/api/jobs/{job.job_id}"})


def _occupied(job: Occupied) -> ProblemError:
    detail = "another replay of this endpoint is under way; wait for its end, or disable the endpoint to end it"
    return ProblemError(409, detail, more={"job_id": job.job_id})


def wish_of(fields: Mapping[str, Any]) -> Wish:
    """Return what a body asks for. Raises ProblemError (422) that names every mistake. Pure."""
    mistakes = unknown(fields, MEMBERS)
    wish = Wish(
        milliseconds(fields.get("since"), mistakes),
        _types(fields, mistakes),
        _only(fields, mistakes),
        _rate(fields, mistakes),
        _dry_run(fields, mistakes),
    )
    if mistakes:
        raise ProblemError(422, "the events cannot be replayed like this", *mistakes)
    return wish


def _types(fields: Mapping[str, Any], mistakes: list[str]) -> tuple[str, ...] | None:
    if "types" not in fields:
        return None
    types = fields["types"]
    if not isinstance(types, list) or not 1 <= len(types) <= MOST_TYPES:
        mistakes.append(f'types: must be a list of 1 to {MOST_TYPES} types or patterns; for example ["conversation.*"]')
        return None
    wrong = [name for name in types if not isinstance(name, str) or not valid(name)]
    if wrong:
        mistakes.append(f"types: {str(wrong[0])[:64]!r} is no type and no pattern; for example conversation.*")
    return None if wrong else tuple(types)


def _only(fields: Mapping[str, Any], mistakes: list[str]) -> Only | None:
    match fields.get("only"):
        case "missed":
            return "missed"
        case "all":
            return "all"
        case None if "only" not in fields:
            return None
        case _:
            mistakes.append('only: must be "missed" or "all"; without it, a replay with since takes all events')
            return None


def _rate(fields: Mapping[str, Any], mistakes: list[str]) -> int:
    rate = fields.get("rate", USUAL_RATE)
    if isinstance(rate, bool) or not isinstance(rate, int) or not 1 <= rate <= MOST_RATE:
        mistakes.append(f"rate: must be a whole number of events a second, 1 to {MOST_RATE}; for example {USUAL_RATE}")
        return USUAL_RATE
    return rate


def _dry_run(fields: Mapping[str, Any], mistakes: list[str]) -> bool:
    dry_run = fields.get("dry_run", False)
    if not isinstance(dry_run, bool):
        mistakes.append("dry_run: must be true or false")
        return False
    return dry_run
