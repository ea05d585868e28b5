"""Observations on their way: composed, begun, written. What was begun is never forgotten before it is settled.

An attempt's composition, and the beginning of each call, are written under the job's dispatch number, so that whoever
has lost the job begins nothing. That something was written is a fact, and may be noted by anybody.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from redis import Redis

from service.events.observation import Draft
from service.store.client import Argument, run_sync, script
from service.store.jobs import Job, as_text
from service.store.keys import Keys

MOST_GATHERED = 200
"""Communications that are read at once; the rest waits for the next turn."""
_BEGUN = ":begun"
_COMPOSED = "composed"

Outcome = Literal["sent", "failed"]


class Open(msgspec.Struct, frozen=True):
    """What is to be written: drafts, and what was gathered and is not composed yet (JSON, the oldest first).

    `composed` says that a job without a gathering has composed its drafts, whatever is left of them. `now` is
    milliseconds of Redis's clock.
    """

    drafts: tuple[Draft, ...]
    gathered: tuple[str, ...]
    composed: bool
    now: int


class LostJobError(Exception):
    """The job is another worker's now: nothing was written."""


class Observations:
    """The observations of one unit of work; every method raises redis.exceptions.RedisError as Redis says."""

    def __init__(self, redis: Redis, keys: Keys, retention: int, job: Job, author: str | None) -> None:
        """`author` is whose words were gathered; None: the job composes from its event. `retention` in seconds."""
        self._redis, self._keys, self._job = redis, keys, job
        self._marker = "" if author else _COMPOSED
        self._life = retention * 1000
        self._gathered = keys.gathered(job.conversation_id, author or job.id)
        self._open = keys.observations(f"{job.conversation_id}:{author}" if author else job.id)

    def read(self) -> Open:
        """Return what is to be written."""
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hgetall(self._open)
        pipeline.lrange(self._gathered, 0, MOST_GATHERED - 1)
        pipeline.time()
        fields, gathered, (seconds, micros) = pipeline.execute()
        known = {as_text(name): value for name, value in fields.items()}
        drafts = {name: value for name, value in known.items() if name != _COMPOSED and not name.endswith(_BEGUN)}
        return Open(
            tuple(_draft(value, known.get(name + _BEGUN)) for name, value in drafts.items()),
            tuple(map(as_text, gathered)),
            _COMPOSED in known,
            seconds * 1000 + micros // 1000,
        )

    def compose(self, drafts: Sequence[Draft], taken: Sequence[str] = ()) -> None:
        """Keep drafts in place of the gathered entries that they tell of, unless they have been written before.

        Raises LostJobError.
        """
        names = (self._keys.job(self._job.id), self._open, self._gathered)
        observed = tuple(self._keys.observed(draft.id) for draft in drafts)
        values = [part for draft in drafts for part in (draft.id, msgspec.json.encode(draft))]
        self._fenced(
            "observations_compose", (*names, *observed), self._life, self._marker, len(drafts), *values, *taken
        )

    def begin(self, drafts: Iterable[Draft]) -> None:
        """Note that a call which may write these begins now. Raises LostJobError."""
        self._mark("begin", drafts)

    def free(self, drafts: Iterable[Draft]) -> None:
        """Note that the call has certainly not written these. Raises LostJobError."""
        self._mark("free", drafts)

    def _mark(self, how: str, drafts: Iterable[Draft]) -> None:
        names = (self._keys.job(self._job.id), self._open)
        self._fenced("observations_begin", names, how, *(draft.id for draft in drafts))

    def settle(self, drafts: Sequence[Draft], outcome: Outcome) -> None:
        """Note what came of drafts for good; they are not written again while events are kept."""
        names = (self._open, self._keys.stats, *(self._keys.observed(draft.id) for draft in drafts))
        self._run("observations_settle", names, self._life, outcome, *(draft.id for draft in drafts))

    def count(self, name: str, number: int) -> None:
        """Count observations that are not written, by why."""
        if number:
            self._redis.hincrby(self._keys.stats, f"observations:{name}", number)

    def canonical(self, profile_id: str) -> str:
        """Return the id that a profile is known to have now, after it was merged into another."""
        found: Any = self._redis.get(self._keys.merged_profile(profile_id))
        return as_text(found) if found else profile_id

    def merged(self, profile_id: str, canonical: str) -> None:
        """Remember the id that a merged profile has now."""
        if canonical != profile_id:
            self._redis.set(self._keys.merged_profile(profile_id), canonical, px=self._life)

    def _fenced(self, name: str, keys: tuple[str, ...], *args: Argument) -> None:
        if not self._run(name, keys, self._job.dispatch, *args):
            raise LostJobError

    def _run(self, name: str, keys: tuple[str, ...], *args: Argument) -> Any:  # noqa: ANN401 - each script its reply
        return run_sync(self._redis, script(name), keys, args)


def _draft(value: bytes, begun: bytes | None) -> Draft:
    found = msgspec.json.decode(value, type=Draft)
    return msgspec.structs.replace(found, begun=int(begun)) if begun else found
