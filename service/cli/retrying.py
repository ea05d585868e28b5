"""`deliveries retry`: one by one at once, or all that died at an endpoint."""

from collections.abc import Mapping
from typing import Annotated, Literal

import typer
from redis.asyncio import Redis

from service.cli.configuration import load_settings
from service.cli.endpoints import options
from service.cli.endpoints.access import on_redis
from service.cli.endpoints.printing import absent, fail, print_json, say
from service.cli.failures import FAILED, USAGE
from service.cli.selection import EndpointOption, Since, counts, id_or_fail, since_ms, types_or_fail
from service.events.replay import ReplayRequest
from service.store import endpoints
from service.store.keys import Keys
from service.store.replay_walk import put, steps
from service.store.replays import counted
from service.store.retry import Verdict
from service.store.retry import retry as retry_one

EXAMPLE = "Example: conversation-events deliveries retry --endpoint ep_0123456789abcdef --dead --since 2h --dry-run"

_SENTENCES: Mapping[Verdict, str] = {
    "accepted": "waits for the endpoint again",
    "under_way": "waits, or is between two attempts, already",
    "no_event": "is not known: neither the log nor a dead delivery has it (any more)",
    "not_meant": "was not for this endpoint: none of its types match",
}


def retry(  # noqa: PLR0913 - each is an option of the command
    events: Annotated[list[str] | None, typer.Argument(metavar="EVENT", help="Ids of events.")] = None,
    *,
    endpoint: EndpointOption,
    dead: Annotated[bool, typer.Option("--dead", help="Everything that died at the endpoint.")] = False,
    since: Since = None,
    types: options.Types = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --dead: count by type, and do nothing.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Let deliveries wait for an endpoint again, at once: the events that are named, or with --dead all that died.

    They keep their webhook-id, and begin their schedule anew. Exits with 1 when one of them cannot be retried.
    """
    if dead == bool(events):
        fail(USAGE, "Name events, or say --dead for everything that died at the endpoint.")
    if not dead and (since is not None or types is not None or dry_run):
        fail(USAGE, "since, types and dry-run go with --dead.")
    if events:
        _retry_named(endpoint, [id_or_fail(event_id) for event_id in events], as_json=as_json)
    else:
        _retry_dead(endpoint, since_ms(since), types_or_fail(types), dry_run=dry_run, as_json=as_json)


def _retry_named(endpoint: str, events: list[str], *, as_json: bool) -> None:
    async def run(redis: Redis, keys: Keys) -> dict[str, Verdict]:
        return {event_id: await retry_one(redis, keys, endpoint, event_id) for event_id in events}

    verdicts = on_redis(load_settings(), run)
    _refuse_endpoint(endpoint, next(iter(verdicts.values())))
    if as_json:
        print_json({"endpoint_id": endpoint, "events": verdicts})
    else:
        for event_id, verdict in verdicts.items():
            say(f"{event_id} {_SENTENCES.get(verdict, verdict)}.")
    if set(verdicts.values()) != {"accepted"}:
        raise typer.Exit(FAILED)


def _refuse_endpoint(endpoint: str, verdict: Verdict | Literal["ok"]) -> None:
    if verdict == "no_endpoint":
        fail(FAILED, absent(endpoint))
    if verdict == "disabled":
        fail(FAILED, f"{endpoint} is disabled: conversation-events endpoints enable {endpoint}, then retry.")


def _retry_dead(
    endpoint_id: str, from_ms: int | None, types: tuple[str, ...] | None, *, dry_run: bool, as_json: bool
) -> None:
    wanted = ReplayRequest(types=types or ("*",), only="dead", since_ms=from_ms)

    async def run(redis: Redis, keys: Keys) -> tuple[dict[str, int], int] | Verdict:
        endpoint = await endpoints.get(redis, keys, endpoint_id)
        if endpoint is None:
            return "no_endpoint"
        if endpoint.disabled is not None and not dry_run:
            return "disabled"
        known = await counted(redis, keys, endpoint, wanted)
        place, went = None, 0
        while not dry_run and (found := await steps(redis, keys, endpoint, known.replay, place)):
            went += await put(redis, keys, endpoint, known.replay, [step for step in found if step.event is not None])
            place = found[-1].place
        return known.by_type, went

    came = on_redis(load_settings(), run)
    if not isinstance(came, tuple):
        _refuse_endpoint(endpoint_id, came)
        return
    by_type, went = came
    if as_json:
        print_json({"endpoint_id": endpoint_id, "count": sum(by_type.values()), "by_type": by_type, "retried": went})
        return
    for line in counts(by_type):
        typer.echo(line)
    if not dry_run:
        say(f"{went:,} wait for the endpoint again.")
