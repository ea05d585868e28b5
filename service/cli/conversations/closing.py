"""`conversations close`: asks for the job that closes one, and can wait for its end."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from redis.asyncio import Redis

from service.cli.configuration import load_settings
from service.cli.conversations.access import Identifier, conversation_or_fail
from service.cli.conversations.following import NO_WORKER, bar, ended
from service.cli.endpoints.access import on_redis
from service.cli.endpoints.options import AsJson
from service.cli.endpoints.printing import fail, print_json, say
from service.cli.failures import FAILED, USAGE
from service.cli.timeline import printable
from service.settings import Settings
from service.store.job_pages import JobPage
from service.store.jobs import LONGEST_REASON, request_close
from service.store.keys import Keys

EXAMPLE = "Example: conversation-events conversations close conv_conversation_01ka2cpvty9m7am85dxw0gvqhf --wait"

Reason = Annotated[str, typer.Option(help="Why, for whoever looks at the job later.")]


def close(
    conversation_id: Identifier,
    *,
    reason: Reason = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end of it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask for a conversation to be closed. A job does it, unless there is traffic after this moment.

    With --wait, exits with 1 when the conversation was not closed.
    """
    asked = conversation_or_fail(conversation_id)
    settings, because = load_settings(), reason_or_fail(reason)

    async def begin(redis: Redis, keys: Keys) -> str:
        return await request_close(redis, keys, asked, because, datetime.now(UTC))

    job_id = on_redis(settings, begin)
    if not wait:
        print_json({"job_id": job_id}) if as_json else say(f"The job is {job_id}.")
        return
    try:
        job = _awaited(settings, job_id)
    except KeyboardInterrupt:
        fail(FAILED, f"The close goes on without this command. See GET /api/jobs/{job_id} of the admin API.")
    if as_json:
        print_json({"job_id": job_id, "state": job.state if job else None, "outcome": job.outcome if job else None})
    else:
        say(printable(f"{job.state}: {job.outcome}." if job else f"{job_id} is forgotten."))
    if job is None or job.state != "done":
        raise typer.Exit(FAILED)


def reason_or_fail(reason: str) -> str:
    """Return a reason that was typed. Ends the command for one that is too long or has several lines."""
    if len(reason) > LONGEST_REASON or not reason.isprintable():
        fail(USAGE, f"reason: must be a text on one line, at most {LONGEST_REASON} characters")
    return reason


def _awaited(settings: Settings, job_id: str) -> JobPage | None:
    with bar(1) as tell:

        async def looked_at(job: JobPage, alone: bool) -> None:  # noqa: FBT001 - as `ended` calls it
            tell(NO_WORKER if alone else f"{job.state} {job.last_error or ''}", 0)

        return on_redis(settings, lambda redis, keys: ended(redis, keys, job_id, looked_at))
