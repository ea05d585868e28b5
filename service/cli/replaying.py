"""`events replay`: counts, asks, and waits with a progress bar."""

import asyncio
import sys
import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from redis.asyncio import Redis
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from service.cli.configuration import load_settings
from service.cli.endpoints import options
from service.cli.endpoints.access import on_redis
from service.cli.endpoints.printing import absent, fail, print_json, say
from service.cli.failures import FAILED
from service.cli.selection import EndpointOption, Since, counts, since_ms, types_or_fail
from service.endpoints.endpoint import Endpoint
from service.events.replay import MOST_RATE, USUAL_RATE, Only, request_of
from service.settings import Settings
from service.store import endpoints, job_pages
from service.store.job_pages import JobPage
from service.store.keys import Keys
from service.store.replays import ENDED, Accepted, Counted, Occupied, counted, start

EXAMPLE = "Example: conversation-events events replay --endpoint ep_0123456789abcdef --since 2h --dry-run"
LOOK = 0.5
"""Seconds between looks at the job."""


def replay_events(  # noqa: PLR0913 - each is an option of the command
    *,
    endpoint: EndpointOption,
    since: Since = None,
    types: options.Types = None,
    missed: Annotated[bool, typer.Option("--missed", help="With --since too, only what was skipped or died.")] = False,
    rate: Annotated[int, typer.Option(min=1, max=MOST_RATE, help="Events a second at most.")] = USUAL_RATE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count by type, and do nothing.")] = False,
    yes: options.Yes = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the end of it.")] = True,
    as_json: options.AsJson = False,
) -> None:
    """Deliver events to an endpoint once more, behind live traffic: what it missed, or with --since all that match.

    They keep their webhook-id. A job does it; without --types it goes by the endpoint's own. Exits with 1 when the job
    does not end well.
    """
    settings, chosen, from_ms = load_settings(), types_or_fail(types), since_ms(since)

    async def count(redis: Redis, keys: Keys) -> tuple[Endpoint, Counted] | None:
        found = await endpoints.get(redis, keys, endpoint)
        if found is None:
            return None
        only: Only | None = "missed" if missed else None
        wanted = request_of(types=chosen or found.types, only=only, since_ms=from_ms, rate=rate)
        return found, await counted(redis, keys, found, wanted)

    known = on_redis(settings, count)
    if known is None:
        fail(FAILED, absent(endpoint))
    if not as_json:
        for line in counts(known[1].by_type):
            typer.echo(line)
    job_id = _begun(settings, *known, yes=yes) if not dry_run and known[1].replay.count else None
    try:
        _tell(known[1], job_id, as_json=as_json)
        if job_id is not None and wait:
            _follow(settings, job_id, known[1].replay.count)
    except KeyboardInterrupt:
        fail(FAILED, f"The replay goes on without this command. See GET /api/jobs/{job_id} of the admin API.")


def _begun(settings: Settings, endpoint: Endpoint, known: Counted, *, yes: bool) -> str:
    """Return the id of the job that was begun, or joined."""
    if endpoint.disabled is not None:
        fail(FAILED, f"{endpoint.id} is disabled: conversation-events endpoints enable {endpoint.id}, then replay.")
    if not yes and sys.stdin.isatty():
        events = "1 event" if known.replay.count == 1 else f"{known.replay.count:,} events"
        typer.confirm(f"Deliver {events} to {endpoint.id} once more?", abort=True, err=True)

    async def begin(redis: Redis, keys: Keys) -> Accepted | Occupied:
        return await start(redis, keys, endpoint, known.replay, datetime.now(UTC))

    job = on_redis(settings, begin)
    if isinstance(job, Occupied):
        fail(FAILED, f"Another replay of {endpoint.id} is under way: {job.job_id}. Wait for its end.")
    return job.job_id


def _tell(known: Counted, job_id: str | None, *, as_json: bool) -> None:
    if as_json:
        print_json({"count": known.replay.count, "by_type": known.by_type, "job_id": job_id})
    elif job_id is not None:
        say(f"The job is {job_id}.")


def _follow(settings: Settings, job_id: str, count: int) -> None:
    """Wait for a job's end, and exit with 1 where it is no good one."""
    console = Console(stderr=True)
    with _bar(console) as progress:
        task = progress.add_task("replaying", total=count)

        async def run(redis: Redis, keys: Keys) -> JobPage | None:
            while (job := await job_pages.fetch(redis, keys, job_id)) is not None and job.state not in ENDED:
                waiting = job.attempts == 0 and not await _workers(redis, keys)
                told = "no worker is alive: start conversation-events worker" if waiting else "replaying"
                progress.update(task, completed=job.done or 0, description=told)
                await asyncio.sleep(LOOK)
            return job

        job = on_redis(settings, run)
    if job is None or job.state != "done":
        fail(FAILED, f"{job_id}: {'is forgotten' if job is None else f'{job.state}: {job.outcome}'}")
    say(f"{job.outcome}.")


def _bar(console: Console) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


async def _workers(redis: Redis, keys: Keys) -> int:
    return int(await redis.zcount(keys.jobs_workers, (time.time() - 15) * 1000, "+inf"))
