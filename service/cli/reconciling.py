"""`reconcile`: a pass of reconciliation now, or a look at what it would find."""

import asyncio
import time
from collections import Counter
from typing import Annotated

import msgspec
import typer
from redis.asyncio import Redis

from service.cli.configuration import load_settings
from service.cli.conversations.following import LOOK, NO_WORKER, Tell, bar
from service.cli.endpoints.access import on_redis
from service.cli.endpoints.options import AsJson
from service.cli.endpoints.printing import fail, print_json, say
from service.cli.failures import FAILED
from service.cli.timeline import printable
from service.events.reconciled import Pass
from service.events.times import from_milliseconds
from service.store import job_pages
from service.store.job_statistics import WORKER_SILENCE
from service.store.jobs import request
from service.store.keys import Keys
from service.store.reconciliation_jobs import hurry, intent
from service.store.reconciliation_statistics import last_pass
from service.store.replays import ENDED

EXAMPLE = "Example: conversation-events reconcile --dry-run"


def reconcile(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Append nothing; say what would be.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare all open conversations with the log now, and append what callbacks did not bring.

    A job does it: the one that does it every RECONCILE_EVERY seconds, or one of its own. Exits with 1 when it fails.
    """
    settings = load_settings()
    try:
        with bar(1) as tell:
            found = on_redis(settings, lambda redis, keys: _passed(redis, keys, tell, dry_run=dry_run))
    except KeyboardInterrupt:
        fail(FAILED, "The pass goes on without this command. See GET /api/stats of the admin API.")
    if found is None:
        fail(FAILED, "The job has ended without a result; GET /api/stats of the admin API shows what is known.")
    if as_json:
        print_json(found)
    else:
        _show(found, dry_run=dry_run)
    if found.error is not None:
        fail(FAILED, printable(f"The pass ended too soon: {found.error}"))


async def _passed(redis: Redis, keys: Keys, tell: Tell, *, dry_run: bool) -> Pass | None:
    """Return what came of it, all passes together where it took several; None where nothing is known."""
    asked = from_milliseconds(int(time.time() * 1000))
    job_id = await request(redis, keys, intent(once=True, dry_run=dry_run))
    parts: list[Pass] = []
    while not parts or (parts[-1].left and not dry_run and parts[-1].error is None):
        last = await last_pass(redis, keys, preview_of=job_id if dry_run else None)
        if last is not None and last.began_at >= (parts[-1].ended_at if parts else asked):
            parts.append(last)
            continue
        job = await job_pages.fetch(redis, keys, job_id)
        if job is None or (job.state in ENDED and last is None):
            return None
        await hurry(redis, keys, job_id)
        alive = await redis.zcount(keys.jobs_workers, (time.time() - WORKER_SILENCE) * 1000, "+inf")
        tell(f"{job.done or 0:,} conversations looked at" if alive else NO_WORKER, 0)
        await asyncio.sleep(LOOK)
    return together(parts)


def together(parts: list[Pass]) -> Pass:
    """Return several passes, at least one, as one. Pure."""
    repaired: Counter[str] = Counter()
    for part in parts:
        repaired.update(part.repaired)
    return msgspec.structs.replace(
        parts[-1],
        began_at=parts[0].began_at,
        calls=sum(part.calls for part in parts),
        looks=sum(part.looks for part in parts),
        deleted=sum(part.deleted for part in parts),
        repaired=dict(repaired),
        repairs=tuple(repair for part in parts for repair in part.repairs),
    )


def _show(found: Pass, *, dry_run: bool) -> None:
    for one in found.repairs:
        typer.echo(printable(f"{one.timestamp}  {one.event_id}  {one.type}  {one.conversation_id}  {one.resource_id}"))
    number = sum(found.repaired.values())
    if number > len(found.repairs):
        typer.echo(f"… and {number - len(found.repairs):,} more")
    events = "1 event" if number == 1 else f"{number:,} events"
    left = f" {found.left:,} conversations were not looked at." if found.left else ""
    say(
        f"{events} {'would be ' if dry_run else ''}appended; {found.open:,} open conversations, {found.looks:,} looked "
        f"into, {found.calls:,} calls to Twilio.{left}"
    )
