"""The ledger's words: what an intent and a job are, and what web processes ask of the jobs.

The ledger, not RQ, says what becomes of a job: RQ is handed due work and forgets it. The side of the workers is in
`job_ledger`.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
from redis.asyncio import Redis

from service.events.times import fixed_width, from_milliseconds
from service.store.client import Argument, run, script
from service.store.keys import Keys

GROUP = "worker"
"""The consumer group of the intents."""
LONGEST_REASON = 256
"""Characters of why somebody wants a conversation closed."""
CLOSE = "close"
"""The kind of the jobs that close a conversation."""
SCHEMA = "1"
"""Layout of an intent that this version can read; another one is left to a worker of its own version."""

# What RQ allows in an id, less the room for "-<dispatch number>".
_JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that something shall be done, to a conversation, to an endpoint, or to the account (both are '').

    `decided_at` is in the fixed width. `delay` is how many seconds after the intent was written it is due.
    `arguments` is JSON that only the kind understands.
    """

    job_id: str
    kind: str
    conversation_id: str = ""
    endpoint_id: str = ""
    event_id: str = ""
    rule: str = ""
    reason: str = ""
    decided_at: str
    arguments: str = ""
    delay: int = 0


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger's page on one job.

    `state` is waiting, queued, running, done, cancelled, dead, or joined (another job, `joined_to`, does the work).
    `attempts` counts starts, `failures` those that ended in another try, `deaths` the workers that were lost with it;
    both begin anew when a job comes further that keeps its place in `cursor`, with `done` pieces behind it. `joins`
    counts the wishes that joined it, `live` is the key that names it while it is under way.
    Times are ISO 8601 UTC; `decided_at` is in the fixed width, empty ones have not come yet.
    """

    id: str
    kind: str
    version: str
    state: str
    conversation_id: str
    endpoint_id: str
    event_id: str
    rule: str
    reason: str
    decided_at: str
    dispatch: int
    attempts: int
    failures: int
    deaths: int
    last_error: str
    outcome: str
    joined_to: str
    worker: str
    created_at: str
    started_at: str
    ended_at: str
    arguments: str
    cursor: str
    done: int
    joins: int = 0
    live: str = ""


def as_text(value: bytes | str) -> str:
    """Return a reply of Redis as text, whichever way the client reads replies."""
    return value.decode() if isinstance(value, bytes) else value


def _texts(fields: Mapping[Any, Any]) -> dict[str, str]:
    return {as_text(name): as_text(value) for name, value in fields.items()}


def intent_of(entry_id: str, fields: Mapping[Any, Any]) -> Intent | None:
    """Return an entry of the intents as a value, or None for one that this version cannot read.

    Where the time of the decision is not a time, it is the time at which the intent was written.
    """
    known = _texts(fields)
    conversation, endpoint = known.get("conversation", ""), known.get("endpoint", "")
    arguments = known.get("arguments", "")
    if known.get("v") != SCHEMA or not (conversation or endpoint or arguments) or not known.get("kind"):
        return None
    if not _JOB_ID.fullmatch(known.get("job", "")):
        return None
    written = from_milliseconds(int(entry_id.partition("-")[0]))
    return Intent(
        job_id=known["job"],
        kind=known["kind"],
        conversation_id=conversation,
        endpoint_id=endpoint,
        event_id=known.get("event", ""),
        rule=known.get("rule", ""),
        reason=known.get("reason", ""),
        decided_at=fixed_width(known.get("at")) or fixed_width(written) or written,
        arguments=arguments,
        delay=int(known["delay"]) if known.get("delay", "").isdecimal() else 0,
    )


def job_of(job_id: str, fields: Mapping[Any, Any]) -> Job | None:
    """Return the hash of a job as a value, or None for an empty one."""
    known = _texts(fields)
    if "state" not in known:
        return None

    def text(name: str) -> str:
        return known.get(name, "")

    def time(name: str) -> str:
        return from_milliseconds(int(known[name])) if name in known else ""

    def number(name: str) -> int:
        return int(known.get(name, 0))

    return Job(
        id=job_id, kind=text("kind"), version=text("version"), state=text("state"),
        conversation_id=text("conversation"), endpoint_id=text("endpoint"), event_id=text("event"), rule=text("rule"),
        reason=text("reason"), decided_at=text("decided_at"), dispatch=number("dispatch"), attempts=number("attempts"),
        failures=number("failures"), deaths=number("deaths"), last_error=text("last_error"),
        outcome=text("outcome"), joined_to=text("joined_to"), worker=text("worker"),
        created_at=time("created_at"), started_at=time("started_at"), ended_at=time("ended_at"),
        arguments=text("arguments"), cursor=text("cursor"), done=number("done"), joins=number("joins"),
        live=text("live"),
    )  # fmt: skip


def admission(
    keys: Keys, wanted: Intent, entry_id: str, retention: int
) -> tuple[tuple[str, ...], tuple[Argument, ...]]:
    """Return keys and arguments of the script `job_admit`; `entry_id` is '' for a request without intent entry."""
    conversation = wanted.conversation_id
    names = (
        keys.intents, keys.job(wanted.job_id), keys.jobs_due, live_key(keys, wanted),
        keys.conversation_jobs(conversation), keys.event_jobs(wanted.event_id),
    )  # fmt: skip
    return names, (
        keys.job(""), wanted.job_id, wanted.kind, conversation, wanted.endpoint_id, wanted.event_id,
        wanted.rule, wanted.reason, wanted.decided_at, wanted.arguments, retention, GROUP, entry_id, wanted.delay,
    )  # fmt: skip


class ToldArguments(msgspec.Struct):
    """What is looked at outside of the kind itself: how many pieces there are, and for what or whom the job is."""

    count: int | None = None
    author: object = None
    subject: object = None


_arguments = msgspec.json.Decoder(ToldArguments).decode
_told = msgspec.json.Decoder(dict[str, object]).decode
_FACTS = {"channel", "channel_id"}


def counted(arguments: str) -> int | None:
    """Return the number of pieces that a job's arguments speak of, None where there is none."""
    return told_of(arguments).count


def told_of(arguments: str) -> ToldArguments:
    """Return what a job's arguments say to everybody."""
    return _arguments(arguments) if arguments else ToldArguments()


def live_key(keys: Keys, wanted: Intent) -> str:
    """Return the key that names the job under way which an intent would join.

    An endpoint has one of each kind. A conversation has one close that is due at once and asks nothing but whether
    there is new traffic, and one for each rule that waits or asks more; it has one for each author whose words are
    gathered. Of the account there is one for each subject. Every other job is for itself.
    """
    kind, conversation = wanted.kind, wanted.conversation_id
    if wanted.endpoint_id:
        return keys.job_of_endpoint(wanted.endpoint_id, kind)
    told = told_of(wanted.arguments)
    if not conversation:
        return keys.job_of_account(kind, told.subject if isinstance(told.subject, str) else wanted.job_id)
    if kind == CLOSE:
        plain = not wanted.delay and not (wanted.arguments and _told(wanted.arguments).keys() - _FACTS)
        key = keys.conversation_close(conversation)
        return key if plain else keys.job_of_conversation(conversation, kind, wanted.rule)
    author = told.author if isinstance(told.author, str) else wanted.job_id
    return keys.job_of_conversation(conversation, kind, author)


async def request(redis: Redis, keys: Keys, wanted: Intent) -> str:
    """Return the id of the job that does what the intent wants: the one under way, else the intent's own.

    Raises redis.exceptions.RedisError as the server or the connection says; repeating the call is safe.
    """
    names, arguments = admission(keys, wanted, "", 0)
    return as_text(await run(redis, script("job_admit"), names, arguments))


async def request_close(redis: Redis, keys: Keys, conversation: str, reason: str, now: datetime) -> str:
    """Return the id of the job that will close the conversation: the one under way, else a new one.

    `now` is the moment of the decision; a communication that Twilio has from after it cancels the job. Raises
    redis.exceptions.RedisError as the server or the connection says; repeating the call is safe.
    """
    wanted = Intent(
        job_id=f"{CLOSE}-{uuid4().hex}",
        kind=CLOSE,
        conversation_id=conversation,
        reason=reason,
        decided_at=fixed_width(now.isoformat()) or "",
    )
    return await request(redis, keys, wanted)


async def fetch_job(redis: Redis, keys: Keys, job_id: str) -> Job | None:
    """Return what the ledger holds on a job, or None where it holds nothing (any more)."""
    return job_of(job_id, await redis.hgetall(keys.job(job_id)))
