"""The ledger of the jobs, as the workers write it.

Whatever moves a job is one script, fenced by the job's dispatch number: who holds an older number writes nothing.
The clock is Redis's. Calls are not repeated here; each is safe to repeat for whoever finds its answer lost.
"""

from typing import Any, Literal

import msgspec
from redis import Redis

from service.store.client import Argument, Script, run_sync, script
from service.store.jobs import Intent, Job, admission, as_text, job_of
from service.store.keys import Keys

Verdict = Literal["done", "cancelled", "dead", "retry", "continue", "stop"]

LONGEST_TURN = 180.0
"""Seconds for which a close job keeps other jobs from its conversation; longer than any of them may run."""
MOST_DEATHS = 3
"""Workers that a job may take with it before it is dead."""


class JobTimes(msgspec.Struct, frozen=True):
    """Seconds; tests shrink them."""

    lease: float = 20.0
    """A job whose worker has not renewed for so long is given to another."""
    renew: float = 5.0
    """Between heartbeats and renewals."""
    silence: float = 15.0
    """A worker unheard of for so long is given no work."""
    stop: float = 300.0
    """Between probes of a kind that Twilio refuses."""
    sweep: float = 1.0
    """Between sweeps; also the longest time until a retry that has become due is seen."""
    drain: float = 15.0
    """For the job in hand, once the process was asked to end."""


DEFAULT_TIMES = JobTimes()


class Claim(msgspec.Struct, frozen=True):
    """A job that the ledger has given out under a dispatch number."""

    job_id: str
    dispatch: int
    kind: str
    conversation_id: str
    rule: str
    reason: str
    endpoint_id: str = ""
    arguments: str = ""


class Due(msgspec.Struct, frozen=True):
    """What was claimed, and the seconds until more is due.

    0: more is due than workers are free; None: nothing waits.
    """

    claims: tuple[Claim, ...]
    wait: float | None


class Swept(msgspec.Struct, frozen=True):
    """A job whose lease ran out; `dead` when it had taken too many workers with it."""

    job_id: str
    deaths: int
    dead: bool


class JobLedger:
    """The ledger in one Redis; every method raises redis.exceptions.RedisError as Redis or the connection says."""

    def __init__(self, redis: Redis, keys: Keys, times: JobTimes, retention: int) -> None:
        """`retention` (seconds) is how long an ended job is kept, and thereby not repeated."""
        self._redis = redis
        self._keys = keys
        self._times = times
        self.retention = retention
        names = ("admit", "claim", "start", "renew", "progress", "beat", "record", "sweep")
        self._scripts: dict[str, Script] = {f"job_{name}": script(f"job_{name}") for name in names}

    def _run(self, name: str, keys: tuple[str, ...], *args: Argument) -> Any:  # noqa: ANN401 - each script its reply
        return run_sync(self._redis, self._scripts[name], keys, args)

    def admit(self, wanted: Intent, entry_id: str) -> str:
        """Return the id of the job that does what the intent wants; '' if somebody else has taken the intent."""
        names, arguments = admission(self._keys, wanted, entry_id, self.retention)
        return as_text(self._run("job_admit", names, *arguments))

    def request(self, wanted: Intent) -> str:
        """Return the id of the job that does what is wanted and has no intent yet: the one under way, or its own."""
        return self.admit(wanted, "")

    def due(self) -> int:
        """Return how many jobs are due and wait for a worker."""
        seconds, micros = self._redis.time()
        return self._redis.zcount(self._keys.jobs_due, "-inf", seconds * 1000 + micros // 1000)

    def claim(self) -> Due:
        """Claim due jobs for the free workers."""
        keys, times = self._keys, self._times
        names = (keys.jobs_due, keys.jobs_leases, keys.jobs_workers, keys.jobs_stopped)
        wait, claims = self._run(
            "job_claim", names,
            keys.job(""), keys.jobs_parked(""), _ms(times.lease), _ms(times.silence), _ms(times.stop),
            keys.closing(""), _ms(LONGEST_TURN),
        )  # fmt: skip
        found = tuple(Claim(as_text(c[0]), int(c[1]), *map(as_text, c[2:])) for c in claims)
        return Due(found, None if wait < 0 else wait / 1000)

    def start(self, job_id: str, dispatch: int, worker: str) -> Job | None:
        """Return the job, now running under this worker's lease, or None if a newer dispatch has taken its place."""
        names = (self._keys.job(job_id), self._keys.jobs_leases)
        reply = self._run("job_start", names, job_id, dispatch, worker, _ms(self._times.lease))
        return job_of(job_id, dict(zip(reply[::2], reply[1::2], strict=True)))

    def renew(self, job_id: str, dispatch: int) -> bool:
        """Return whether the job is still ours; if so its lease is renewed."""
        names = (self._keys.job(job_id), self._keys.jobs_leases)
        return bool(self._run("job_renew", names, job_id, dispatch, _ms(self._times.lease)))

    def progress(self, held: Job, cursor: str, done: int) -> bool:
        """Return whether the job is still ours; if so its place and what is done are noted, and its lease renewed."""
        names = (self._keys.job(held.id), self._keys.jobs_leases)
        return bool(self._run("job_progress", names, held.id, held.dispatch, _ms(self._times.lease), cursor, done))

    def record(self, held: Job, verdict: Verdict, detail: str, delay: float = 0.0) -> str:
        """Return the job's state after recording what came of an attempt; 'stale' if it is no longer ours.

        `delay` (seconds) is how long a retry, or a job that goes on, waits.
        """
        keys = self._keys
        names = (
            keys.job(held.id), keys.jobs_due, keys.jobs_leases, keys.jobs_dead, keys.jobs_unannounced,
            keys.jobs_stopped, keys.jobs_parked(held.kind), held.live or keys.conversation_close(held.conversation_id),
            keys.closing(held.conversation_id),
        )  # fmt: skip
        pause = self._times.stop if verdict == "stop" else delay
        reply = self._run(
            "job_record", names,
            held.id, held.dispatch, held.kind, verdict, detail, _ms(pause), held.decided_at, self.retention,
            held.joins,
        )  # fmt: skip
        return as_text(reply)

    def sweep(self) -> tuple[Swept, ...]:
        """Give jobs whose lease ran out back to the due ones, bury the poisoned, and return them all."""
        names = (self._keys.jobs_due, self._keys.jobs_leases)
        return tuple(
            Swept(as_text(job_id), int(deaths), as_text(fate) == "poisoned" and self._bury(as_text(job_id), dispatch))
            for job_id, dispatch, fate, deaths in self._run("job_sweep", names, self._keys.job(""), MOST_DEATHS)
        )

    def _bury(self, job_id: str, dispatch: bytes | str) -> bool:
        lost = self.read(job_id)
        if lost is None or lost.dispatch != int(dispatch):
            return False
        return self.record(lost, "dead", f"crash_loop: {lost.deaths} workers died with it") == "dead"

    def beat(self, worker: str) -> None:
        """Note that the worker lives."""
        self._run("job_beat", (self._keys.jobs_workers,), worker)

    def leave(self, worker: str) -> None:
        """Note that the worker has ended."""
        self._redis.zrem(self._keys.jobs_workers, worker)

    def read(self, job_id: str) -> Job | None:
        """Return what the ledger holds on a job."""
        return job_of(job_id, self._redis.hgetall(self._keys.job(job_id)))

    def unannounced(self) -> tuple[Job, ...]:
        """Return the jobs whose failure has not been told yet; one that has left the ledger is passed over for good."""
        ids = sorted(as_text(i) for i in self._redis.smembers(self._keys.jobs_unannounced))
        found = {i: self.read(i) for i in ids}
        for gone in (i for i, job in found.items() if job is None):
            self.announced(gone)
        return tuple(job for job in found.values() if job is not None)

    def announced(self, job_id: str) -> None:
        """Note that the failure of this job has been told."""
        self._redis.srem(self._keys.jobs_unannounced, job_id)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
