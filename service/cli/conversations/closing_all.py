"""`conversations close-all`: counts, asks, and has one job close them, the way to a changed configuration.

An open conversation keeps the configuration that it was born with, so a change reaches those only that begin after it.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from redis.asyncio import Redis
from rich.console import Console

from service.cli.configuration import load_settings
from service.cli.conversations.access import Statuses, on_twilio, statuses_or_fail
from service.cli.conversations.closing import Reason, reason_or_fail
from service.cli.conversations.following import LOOK, NO_WORKER, bar, ended
from service.cli.endpoints import options
from service.cli.endpoints.access import on_redis
from service.cli.endpoints.printing import confirm, fail, print_json, say
from service.cli.failures import FAILED, USAGE
from service.cli.open_conversations import Choice, choice, of_configuration, tells_version
from service.cli.selection import id_or_fail
from service.events.types import ACTIVE, CLOSED, INACTIVE
from service.settings import Settings
from service.store import bulk_close
from service.store.bulk_close import MOST_RATE, USUAL_RATE, BulkClose, Fate
from service.store.job_pages import JobPage
from service.store.keys import Keys
from service.twilio.api import Conversation, TwilioApis
from service.twilio.errors import MissingError

EXAMPLE = (
    "Example: conversation-events conversations close-all "
    "--configuration conv_configuration_01ka8d8whphhjvepq5nse1m5s1 --version-before 4 --dry-run"
)
PAGE = 1000
_NEEDED = ("status", "configurationId")


def close_all(  # noqa: PLR0913 - each is an option of the command
    *,
    configuration: Annotated[str, typer.Option(metavar="ID", help="The configuration that they were made with.")],
    version_before: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only those with an older version of it.")
    ] = None,
    status: Statuses = None,
    rate: Annotated[float, typer.Option(min=0.1, max=MOST_RATE, help="Closes a second at most.")] = USUAL_RATE,
    reason: Reason = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, name some, and do nothing.")] = False,
    yes: options.Yes = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the end of it.")] = True,
    as_json: options.AsJson = False,
) -> None:
    """Close the open conversations of a configuration, so that the next ones begin with what it says now.

    A job does it, behind what is due anyhow; it closes what was counted here and nothing else. Exits with 1 when
    a conversation could not be closed.
    """
    asked = id_or_fail(configuration, "a configuration's is such as conv_configuration_01ka8d8whphhjvepq5nse1m5s1")
    statuses, because = statuses_or_fail(status, (ACTIVE, INACTIVE)), reason_or_fail(reason)
    if CLOSED in statuses:
        fail(USAGE, "status: what is CLOSED cannot be closed; there are ACTIVE and INACTIVE")
    settings = load_settings()
    found = on_twilio(settings, lambda twilio: _chosen(twilio, asked, statuses, version_before))
    if not as_json:
        _tell(found)
    if dry_run or not found.ids:
        if as_json:
            print_json(_shown(found, None))
        return
    if not yes and sys.stdin.isatty():
        confirm(f"Close {_conversations(len(found.ids))}, at most {rate:g} a second?")
    wanted = BulkClose(subject=asked, count=len(found.ids), rate=rate, reason=because)
    job_id = _begun(settings, found.ids, wanted)
    try:
        fates = _followed(settings, job_id, wanted.count) if wait else None
    except KeyboardInterrupt:
        fail(FAILED, f"The closing goes on without this command. See GET /api/jobs/{job_id} of the admin API.")
    _report(found, job_id, fates, as_json=as_json)


def _chosen(twilio: TwilioApis, configuration: str, statuses: Sequence[str], version_before: int | None) -> Choice:
    listed = twilio.conversations.list(statuses=statuses, needed=_NEEDED, page_size=PAGE)
    mine = of_configuration(listed, configuration)
    if version_before is not None:
        mine = _versioned(twilio, mine)
    with Console(stderr=True).status("counting", spinner="dots"):
        return choice(mine, version_before)


def _versioned(twilio: TwilioApis, found: Iterator[Conversation]) -> Iterator[Conversation]:
    """Items of the list may leave out the snapshot: ask for these one by one."""
    for one in found:
        try:
            yield one if tells_version(one) else twilio.conversations.fetch(one.id)
        except MissingError:
            continue


def _tell(found: Choice) -> None:
    for status, number in found.by_status.items():
        typer.echo(f"{number:>9,}  {status}")
    typer.echo(f"{len(found.ids):>9,}  to close")
    for example in found.examples:
        typer.echo(f"{'':>9}  such as {example}")
    if found.without_version:
        say(f"Of {_conversations(found.without_version)} Twilio tells no version; they stay as they are.")


def _conversations(number: int) -> str:
    return "1 conversation" if number == 1 else f"{number:,} conversations"


def _begun(settings: Settings, ids: Sequence[str], wanted: BulkClose) -> str:
    """Return the job that was begun, or the one that is under way."""

    async def begin(redis: Redis, keys: Keys) -> tuple[str, bool]:
        return await bulk_close.start(redis, keys, ids, wanted, datetime.now(UTC), settings.event_retention)

    job_id, new = on_redis(settings, begin)
    joined = "" if new else " It was begun before, and closes what was counted then."
    say(f"The job is {job_id}.{joined}")
    return job_id


def _followed(settings: Settings, job_id: str, count: int) -> Counter[Fate]:
    """Wait until the last of its closes has ended, and return what became of them."""
    with bar(count) as tell:

        async def tally(redis: Redis, keys: Keys, doing: str) -> Counter[Fate]:
            found = await bulk_close.fates(redis, keys, job_id)
            tell(doing, found.total() - found["under way"])
            return found

        async def run(redis: Redis, keys: Keys) -> Counter[Fate]:
            async def looked_at(_: JobPage, alone: bool) -> None:  # noqa: FBT001 - as `ended` calls it
                await tally(redis, keys, NO_WORKER if alone else "closing")

            job = await ended(redis, keys, job_id, looked_at)
            found = await tally(redis, keys, "closing")
            while found["under way"]:
                await asyncio.sleep(LOOK)
                found = await tally(redis, keys, "closing")
            if job is None or job.state != "done":
                fail(FAILED, f"{job_id}: {'is forgotten' if job is None else f'{job.state}: {job.outcome}'}")
            return found

        return on_redis(settings, run)


def _report(found: Choice, job_id: str, fates: Counter[Fate] | None, *, as_json: bool) -> None:
    if as_json:
        print_json(_shown(found, job_id, fates))
    elif fates is not None:
        say(f"{fates['done']:,} closed, {fates['cancelled']:,} left open for new traffic, {fates['dead']:,} failed.")
    if fates is not None and fates["dead"]:
        raise typer.Exit(FAILED)


def _shown(found: Choice, job_id: str | None, fates: Counter[Fate] | None = None) -> dict[str, object]:
    shown: dict[str, object] = {
        "count": len(found.ids),
        "by_status": found.by_status,
        "examples": found.examples,
        "without_version": found.without_version,
        "job_id": job_id,
    }
    if fates is None:
        return shown
    return {**shown, "closed": fates["done"], "cancelled": fates["cancelled"], "dead": fates["dead"]}
